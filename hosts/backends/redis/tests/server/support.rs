//! Servers for the tests: real ones, and one that answers nonsense.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    os::unix::net::UnixStream,
    process::{Child, Command, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tempfile::TempDir;
use url::Url;
use wasi_cloud_core::{
    Provider, Result,
    keyvalue::KeyValue,
    messaging::Messaging,
    provider::{Secret, Secrets, Timing},
};
use wasi_cloud_redis::Redis;

/// How long anything may take before a test says that it hangs.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// A `redis-server` of our own. Dropping it ends it.
pub struct Server {
    child: Child,
    pub port: u16,
    folder: TempDir,
    extra: Vec<String>,
}

impl Server {
    /// Why no test can run, if none can.
    pub fn missing() -> Option<String> {
        let absent = |tool: &&str| Command::new(tool).arg("--version").output().is_err();
        let tool = ["redis-server", "redis-cli"].into_iter().find(absent)?;
        Some(format!("needs `{tool}` on the PATH"))
    }

    /// Whether it is a failure that no test can run.
    pub fn is_required() -> bool {
        let words = std::env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default();
        words.split(',').any(|word| word.trim() == "redis")
    }

    pub fn start(extra: &[&str]) -> Self {
        // Another program may take the port in between; then there is no answer, and the next one is tried.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a port").port();
            let folder = TempDir::new().expect("a folder");
            let extra: Vec<String> = extra.iter().map(|s| (*s).to_owned()).collect();
            let child = launch(port, &folder, &extra);
            let mut server = Self { child, port, folder, extra };
            if server.is_ready() {
                return server;
            }
        }
        panic!("redis-server does not start");
    }

    fn is_ready(&mut self) -> bool {
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            if self.child.try_wait().expect("a status").is_some() {
                return false;
            }
            // At the port another test's server may answer, until ours has seen that it is taken. The socket comes after the port.
            if UnixStream::connect(self.folder.path().join("socket")).is_ok() {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// On the same port; without its data, unless it writes them down.
    pub fn restart(&mut self) {
        self.kill();
        self.child = launch(self.port, &self.folder, &self.extra);
        assert!(self.is_ready(), "redis-server does not start again");
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    pub fn socket(&self) -> String {
        format!("redis+unix://{}", self.folder.path().join("socket").display())
    }

    /// What another program sees and does.
    pub fn cli(&self, arguments: &[&str]) -> String {
        let output: Output = Command::new("redis-cli")
            .args(["-p", &self.port.to_string(), "--raw"])
            .args(arguments)
            .output()
            .expect("redis-cli");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.strip_suffix('\n').unwrap_or(&text).to_owned()
    }

    /// How often the server ran a command.
    pub fn calls(&self, command: &str) -> u64 {
        let stats = self.cli(&["INFO", "commandstats"]);
        let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:calls=")));
        line.and_then(|rest| rest.split(',').next()).map_or(0, |n| n.parse().expect("a number"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

fn launch(port: u16, folder: &TempDir, extra: &[String]) -> Child {
    Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(folder.path())
        .arg("--unixsocket")
        .arg(folder.path().join("socket"))
        .args(extra)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server")
}

/// A server that greets and answers the first `PING` as it should, and everything after it with the same bytes.
pub fn impostor(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("redis://{}", listener.local_addr().expect("an address"));
    let pinged = Arc::new(AtomicBool::new(false));
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pinged = pinged.clone();
            std::thread::spawn(move || deceive(stream, answer, &pinged));
        }
    });
    url
}

fn deceive(mut stream: TcpStream, answer: &[u8], pinged: &AtomicBool) {
    let mut buffer = [0; 65536];
    while let Ok(n @ 1..) = stream.read(&mut buffer) {
        let text = String::from_utf8_lossy(&buffer[..n]).into_owned();
        let reply = if text.contains("HELLO") {
            [&b"%1\r\n+proto\r\n:3\r\n"[..], &b"+OK\r\n".repeat(text.matches("CLIENT").count())].concat()
        } else if text.contains("PING") && !pinged.swap(true, Ordering::Relaxed) {
            b"+PONG\r\n".to_vec()
        } else {
            answer.to_vec()
        };
        if stream.write_all(&reply).is_err() {
            return;
        }
    }
}

pub struct OneSecret;
impl Secrets for OneSecret {
    fn get(&self, name: &str) -> Option<Secret> {
        (name == "NAME").then(|| Secret::new("hunter2"))
    }
}

pub type Both = (Arc<dyn KeyValue>, Arc<dyn Messaging>);

pub async fn open(url: &str) -> Result<Both> {
    open_with(url, Timing::default()).await
}

pub async fn open_with(url: &str, timing: Timing) -> Result<Both> {
    let url = Url::parse(url).expect("a URL");
    let services = Redis::with_timing(timing).open(&url, &OneSecret).await?;
    Ok((services.keyvalue.expect("key-value"), services.messaging.expect("messaging")))
}
