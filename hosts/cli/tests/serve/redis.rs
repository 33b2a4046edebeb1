//! A Redis server of the test's own, on a socket in a folder: no port that another one could have.

use crate::{required, served::PATIENCE};
use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader, Write},
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

    /// Waits until the group `players` has taken no message of `ping` that it has not acknowledged.
    pub fn until_none_pending(&self, database: u8) {
        // Less than the 30 s after which others take over what is left.
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.pending(database) > 0 {
            assert!(Instant::now() < deadline, "{} are left in database {database}", self.pending(database));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn pending(&self, database: u8) -> u64 {
        let mut server = UnixStream::connect(self.folder.path().join("s")).expect("it answers");
        write!(server, "SELECT {database}\r\nXPENDING {{default:ping}}:stream players\r\n").expect("sent");
        let lines: Vec<_> = BufReader::new(server).lines().take(3).map(|line| line.expect("an answer")).collect();
        let count = lines[2].strip_prefix(':').unwrap_or_else(|| panic!("no count: {lines:?}"));
        count.parse().expect("a number")
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

/// What `pingpong` has counted in the bucket `default` behind a URL.
pub fn counted(url: &str) -> u64 {
    let count = async {
        let registry = wasi_cloud::registry(&Clock::default()).expect("backends");
        let store = registry.services(url).await.expect("it answers").keyvalue.expect("key-value");
        store.get("default", "count").await.expect("an answer")
    };
    let count = Runtime::new().expect("a runtime").block_on(count).unwrap_or_else(|| b"0".into());
    String::from_utf8_lossy(&count).parse().expect("a number")
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
            let pong = self.next();
            let number =
                String::from_utf8_lossy(&pong).strip_prefix("pong ").expect("a pong").parse().expect("a number");
            assert!(self.heard.insert(number), "pong {number} came twice");
        }
    }

    /// The next pong.
    pub fn next(&mut self) -> Vec<u8> {
        let next = async { timeout(PATIENCE, self.inbox.next()).await.expect("a pong").expect("delivered") };
        self.runtime.block_on(next).payload.data
    }

    /// That what was heard is 1 to `last` without a gap.
    pub fn assert_heard(&self, last: u32) {
        assert_eq!(self.heard, (1..=last).collect());
    }
}
