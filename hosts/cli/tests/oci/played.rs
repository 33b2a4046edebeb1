//! A registry that answers as a test says.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// A request: its line, and what it says of who asks.
pub struct Asked {
    pub line: String,
    pub authorization: String,
}

/// What comes back.
pub enum Answer {
    /// A status line, more headers, and a body.
    Of(&'static str, Vec<String>, Vec<u8>),
    /// These bytes again and again, until nobody reads them.
    Endless(&'static [u8]),
    /// A header, and then nothing.
    Silence,
}

impl Answer {
    pub fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self::Of("200 OK", Vec::new(), body.into())
    }

    pub fn status(status: &'static str) -> Self {
        Self::Of(status, Vec::new(), b"{}".to_vec())
    }
}

/// It lives as long as the process.
pub struct Played {
    pub host: String,
    seen: Arc<Mutex<Vec<Asked>>>,
}

impl Played {
    pub fn new(answer: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("an address").to_string();
        let (seen, answer) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::new(answer));
        let kept = seen.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (kept, answer) = (kept.clone(), answer.clone());
                std::thread::spawn(move || serve(stream, &kept, &*answer));
            }
        });
        Self { host, seen }
    }

    /// Whether something was asked for whose line holds this.
    pub fn was_asked(&self, part: &str) -> bool {
        self.seen.lock().expect("no panic").iter().any(|asked| asked.line.contains(part))
    }

    pub fn authorizations(&self) -> Vec<String> {
        self.seen.lock().expect("no panic").iter().map(|asked| asked.authorization.clone()).collect()
    }
}

/// One request, one answer. Who hangs up has seen enough.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<Asked>>, answer: &dyn Fn(&Asked) -> Answer) {
    let mut reader = BufReader::new(stream.try_clone().expect("a copy"));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        match reader.read_line(&mut line) {
            Ok(1..) if line.trim().is_empty() => break,
            Ok(1..) => headers.push(line.trim().to_owned()),
            _ => return,
        }
    }
    let header = |name: &str| {
        let of = |line: &String| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then(|| value.to_owned())
        };
        headers.iter().find_map(of).unwrap_or_default()
    };
    let length = header("content-length").parse().unwrap_or(0);
    let _ = reader.take(length).read_to_end(&mut Vec::new());
    let asked = Asked { line: headers.first().cloned().unwrap_or_default(), authorization: header("authorization") };
    let answer = answer(&asked);
    seen.lock().expect("no panic").push(asked);
    let _ = match answer {
        Answer::Of(status, more, body) => {
            let more: String = more.iter().map(|line| format!("{line}\r\n")).collect();
            let length = body.len();
            let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {length}\r\n{more}\r\n");
            stream.write_all(&[head.into_bytes(), body].concat())
        }
        Answer::Endless(bytes) => {
            let mut wrote = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
            while wrote.is_ok() {
                wrote = stream.write_all(bytes);
            }
            wrote
        }
        Answer::Silence => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
            // Until the other side hangs up.
            stream.read(&mut [0]).map(drop)
        }
    };
}
