//! A NATS server of the test's own, which keeps what it has in a folder.

use crate::{
    needs::{has, required},
    served::PATIENCE,
};
use std::{
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

pub fn missing() -> Option<String> {
    let why = if cfg!(not(feature = "nats")) {
        "this build has no NATS: build with the feature `nats`"
    } else if !has("nats-server") {
        "`nats-server` is not on the PATH; see CONTRIBUTING.md"
    } else {
        return None;
    };
    (!required("nats")).then(|| why.to_owned())
}

pub struct Nats {
    child: Child,
    folder: TempDir,
    address: SocketAddr,
}

impl Nats {
    /// At a port that the server chose itself, which no other one can have.
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let child = spawn(&folder, "-1");
        let file = folder.path().join(format!("nats-server_{}.ports", child.id()));
        let mut server = Self { child, folder, address: ([127, 0, 0, 1], 0).into() };
        let deadline = Instant::now() + PATIENCE;
        server.address = loop {
            let told = std::fs::read(&file).unwrap_or_default();
            let told: serde_json::Value = serde_json::from_slice(&told).unwrap_or_default();
            let address = told["nats"][0].as_str().and_then(|url| url.strip_prefix("nats://"));
            if let Some(address) = address {
                break address.parse().expect("an address");
            }
            assert!(Instant::now() < deadline, "nats-server does not say where it is");
            std::thread::sleep(Duration::from_millis(10));
        };
        server.answers();
        server
    }

    pub fn url(&self) -> String {
        format!("nats://{}", self.address)
    }

    /// Ends it at once, and starts it again where it was.
    pub fn restart(&mut self) {
        self.end();
        self.child = spawn(&self.folder, &self.address.port().to_string());
        self.answers();
    }

    fn answers(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect(self.address).is_err() {
            assert_eq!(self.child.try_wait().expect("a state"), None, "nats-server ended");
            assert!(Instant::now() < deadline, "nats-server does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(folder: &TempDir, port: &str) -> Child {
    Command::new("nats-server")
        .args(["--addr", "127.0.0.1", "--port", port, "--jetstream", "--store_dir"])
        .arg(folder.path())
        .arg("--ports_file_dir")
        .arg(folder.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("nats-server starts")
}

impl Drop for Nats {
    fn drop(&mut self) {
        self.end();
    }
}
