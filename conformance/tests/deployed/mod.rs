//! Guests as a vendor would deploy them, each behind a port of its own, and a front that finds them by their path and can lie.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use cloud_conformance::catalogue::deployment::{CONFIG, GRANTS, LINKS};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wasi_cloud_core::{Clock, Grants, Layers, Links, Services, config::Fixed};
use wasi_cloud_wasmtime::runtime::{Env, HttpOptions, Limits, Runtime, Service};

pub const TOKEN: &str = "a-token-that-nobody-guesses";

/// Ports of guests, by language and driver.
pub type Ports = BTreeMap<String, u16>;

/// Our own host on memory, with guests that ask for [`TOKEN`].
pub struct Site {
    pub services: Services,
    pub ports: Ports,
    guests: Vec<Service>,
}

/// The bucket behind a label.
pub fn scope(label: &str) -> String {
    format!("site-{label}")
}

impl Site {
    /// Deploys the components that `export` wrote to the folder.
    pub async fn deploy(folder: &Path, guests: &[String]) -> Self {
        let registry = wasi_cloud::registry(&Clock::default()).expect("backends");
        let services = registry.services("memory").await.expect("memory");
        let pairs = CONFIG.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
        let (links, layers) = (Links::default(), Layers::default);
        for &(capability, label) in LINKS {
            let Services { keyvalue, messaging, .. } = services.clone();
            match capability {
                "keyvalue" => links.keyvalue.set(label, keyvalue.expect("key-value"), scope(label), layers()),
                "messaging" => links.messaging.set(label, messaging.expect("messages"), scope(label), layers()),
                _ => links.config.set(label, Arc::new(Fixed(BTreeMap::clone(&pairs))), scope(label), layers()),
            }
        }
        let grants = Grants::parse(GRANTS.iter().copied()).expect("grants").shared();
        let limits = Limits { call: Duration::from_secs(2), handles: 256, memory: 64 << 20, ..Limits::default() };
        let runtime = Runtime::new(limits).expect("a runtime");
        let (mut ports, mut served) = (Ports::new(), Vec::new());
        for guest in guests {
            let wasm = std::fs::read(folder.join(format!("{guest}.wasm"))).expect("exported");
            let app = runtime.compile(&wasm).expect("a component");
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            ports.insert(guest.clone(), listener.local_addr().expect("an address").port());
            let (links, grants) = (links.clone(), grants.clone());
            let env = move || {
                let mut env = Env::new(links.clone(), grants.clone());
                env.vars = vec![("CLOUD_CONFORMANCE_TOKEN".to_owned(), TOKEN.to_owned())];
                env
            };
            let options = HttpOptions { concurrency: 64, ..HttpOptions::default() };
            served.push(app.serve_http(listener, env, &options).expect("it answers HTTP"));
        }
        Self { services, ports, guests: served }
    }

    pub async fn stop(self) {
        for guest in self.guests {
            guest.stop().await;
        }
    }
}

/// What becomes of what guests answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Front {
    Honest,
    /// Observations do not arrive.
    Mute,
    /// Values are others.
    Edits,
    /// The connection is closed where the first observation would come.
    Cuts,
}

impl Front {
    /// Stands before the guests. Returns its port.
    pub async fn stand(self, ports: Ports) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let ports = Arc::new(ports);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let ports = ports.clone();
                // Whoever hangs up has had enough.
                tokio::spawn(async move { self.pass(client, &ports).await.ok() });
            }
        });
        port
    }

    async fn pass(self, mut client: TcpStream, ports: &Ports) -> std::io::Result<()> {
        let (mut head, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
        let end = loop {
            let length = client.read(&mut buffer).await?;
            head.extend_from_slice(&buffer[..length]);
            match head.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break end,
                None if length == 0 => return Ok(()),
                None => {}
            }
        };
        let path = head.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
        let Some(port) = ports.get(String::from_utf8_lossy(path).trim_start_matches('/')) else {
            return client.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 8\r\n\r\nnot here").await;
        };
        // One request a connection: the next may be for another guest.
        head.splice(end..end, *b"\r\nconnection: close");
        let mut server = TcpStream::connect(("127.0.0.1", *port)).await?;
        server.write_all(&head).await?;
        let ((mut asks, mut hears), (mut answers, mut takes)) = (client.split(), server.split());
        let replies = async {
            while let length @ 1.. = answers.read(&mut buffer).await? {
                let (piece, is_head) = (&buffer[..length], buffer.starts_with(b"HTTP/1.1"));
                match self {
                    Self::Mute if !is_head => {}
                    Self::Cuts if !is_head => break,
                    Self::Edits => hears.write_all(&edited(piece)).await?,
                    _ => hears.write_all(piece).await?,
                }
            }
            Ok(())
        };
        tokio::select! {
            asked = tokio::io::copy(&mut asks, &mut takes) => asked.map(drop),
            replied = replies => replied,
        }
    }
}

/// As long as it was, for its length goes before it.
fn edited(piece: &[u8]) -> Vec<u8> {
    let mut piece = piece.to_vec();
    let honest = b"\"Value\":[1";
    while let Some(at) = piece.windows(honest.len()).position(|window| window == honest) {
        piece[at + honest.len() - 1] = b'2';
    }
    piece
}
