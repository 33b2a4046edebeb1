//! A Redis server of the test's own, on a socket in a folder: no port that another one could have.

use crate::{required, served::PATIENCE};
use std::{
    collections::BTreeSet,
    os::unix::net::UnixStream,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::{runtime::Runtime, time::timeout};
use wasi_cloud_core::{
    Clock,
    messaging::{Inbox, Messaging, Payload, Subscription},
};

pub fn missing() -> Option<String> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&paths).any(|folder| folder.join("redis-server").is_file());
    (!found && !required("redis")).then(|| "`redis-server` is not on the PATH; see CONTRIBUTING.md".to_owned())
}

pub struct Redis {
    child: Child,
    folder: TempDir,
}

impl Redis {
    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let socket = folder.path().join("s");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server starts");
        let redis = Self { child, folder };
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
        redis
    }

    /// Each database is a broker of its own.
    pub fn url(&self, database: u8) -> String {
        format!("redis+unix://{}/s?db={database}", self.folder.path().display())
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Somebody who pings, and hears the pongs.
pub struct Player {
    runtime: Runtime,
    broker: std::sync::Arc<dyn Messaging>,
    inbox: Box<dyn Inbox>,
    heard: BTreeSet<u32>,
}

impl Player {
    pub fn at(url: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let (broker, inbox) = runtime.block_on(async {
            let registry = wasi_cloud::registry(&Clock::default()).expect("backends");
            let broker = registry.services(url).await.expect("it answers").messaging.expect("messaging");
            let pongs = Subscription { topics: vec!["pong".into()], group: None, max_deliveries: 1 };
            let inbox = broker.subscribe("default", &pongs).await.expect("subscribed");
            (broker, inbox)
        });
        Self { runtime, broker, inbox, heard: BTreeSet::new() }
    }

    pub fn ping(&self, times: usize) {
        let ping = Payload { data: b"ping".to_vec(), ..Payload::default() };
        let sent = async {
            for _ in 0..times {
                self.broker.publish("default", "ping", &ping).await.expect("accepted");
            }
        };
        self.runtime.block_on(sent);
    }

    /// Hears so many pongs more, none of them twice.
    pub fn hear(&mut self, pongs: usize) {
        for _ in 0..pongs {
            let next = async { timeout(PATIENCE, self.inbox.next()).await.expect("a pong").expect("delivered") };
            let pong = self.runtime.block_on(next).payload.data;
            let number =
                String::from_utf8_lossy(&pong).strip_prefix("pong ").expect("a pong").parse().expect("a number");
            assert!(self.heard.insert(number), "pong {number} came twice");
        }
    }

    /// That what was heard is 1 to `last` without a gap.
    pub fn assert_heard(&self, last: u32) {
        assert_eq!(self.heard, (1..=last).collect());
    }
}
