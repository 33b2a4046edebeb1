//! A Redis server of the test's own, on a socket in a folder: no port that another one could have.

use crate::{
    needs::{has, required},
    served::PATIENCE,
};
use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Write},
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
    (!has("redis-server") && !required("redis"))
        .then(|| "`redis-server` is not on the PATH; see CONTRIBUTING.md".to_owned())
}

/// Where the messages of `ping` are.
const STREAM: &str = "{default:ping}:stream";

pub struct Redis {
    child: Child,
    folder: TempDir,
}

impl Redis {
    pub fn start() -> Self {
        Self::keeping("no")
    }

    /// One that keeps what it has accepted when it ends.
    pub fn lasting() -> Self {
        Self::keeping("yes")
    }

    fn keeping(appendonly: &'static str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let redis = Self { child: spawn(&folder, appendonly), folder };
        redis.until_it_answers();
        redis
    }

    /// Ends one that keeps what it has at once, and starts it again.
    pub fn restart(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.child = spawn(&self.folder, "yes");
        self.until_it_answers();
    }

    /// And has read what it kept.
    fn until_it_answers(&self) {
        let deadline = Instant::now() + PATIENCE;
        let answers = || {
            let mut server = UnixStream::connect(self.folder.path().join("s"))?;
            server.write_all(b"PING\r\n")?;
            Ok::<_, io::Error>(BufReader::new(server).lines().next().transpose()?.is_some_and(|line| line == "+PONG"))
        };
        while !answers().unwrap_or_default() {
            assert!(Instant::now() < deadline, "redis-server does not answer");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until the group `players` has taken no message of `ping` that it has not acknowledged.
    pub fn until_none_pending(&self, database: u8) {
        self.until_pending(database, 0);
    }

    /// Waits until the group `players` has taken so many messages of `ping` and not acknowledged them.
    pub fn until_pending(&self, database: u8, count: u64) {
        // Less than the 30 s after which others take over what is left.
        let deadline = Instant::now() + Duration::from_secs(20);
        while self.pending(database) != count {
            assert!(Instant::now() < deadline, "{} are left in database {database}", self.pending(database));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn pending(&self, database: u8) -> u64 {
        let pending = format!("return redis.call('XPENDING', '{STREAM}', 'players')[1]");
        self.eval(database, &pending)
    }

    /// Makes what the group has taken look as if that were an hour ago.
    pub fn age(&self, database: u8) {
        let all = format!("ipairs(redis.call('XPENDING', '{STREAM}', 'players', '-', '+', 1000))");
        let claim = format!("redis.call('XCLAIM', '{STREAM}', 'players', e[2], 0, e[1], 'IDLE', 3600000, 'JUSTID')");
        self.eval(database, &format!("for _, e in {all} do {claim} end return 0"));
    }

    /// How many messages of `pong` are this one.
    #[cfg(all(feature = "nats", feature = "vault"))]
    pub fn has_answered(&self, pong: &str) -> u64 {
        let all = "ipairs(redis.call('XRANGE', '{default:pong}:stream', '-', '+'))";
        let count = format!("for _, v in ipairs(e[2]) do if v == '{pong}' then n = n + 1 end end");
        self.eval(0, &format!("local n = 0 for _, e in {all} do {count} end return n"))
    }

    /// Runs a script that returns a number.
    fn eval(&self, database: u8, script: &str) -> u64 {
        let mut server = UnixStream::connect(self.folder.path().join("s")).expect("it answers");
        write!(server, "SELECT {database}\r\nEVAL \"{script}\" 0\r\n").expect("sent");
        let lines: Vec<_> = BufReader::new(server).lines().take(2).map(|line| line.expect("an answer")).collect();
        let count = lines[1].strip_prefix(':').unwrap_or_else(|| panic!("no number: {lines:?}"));
        count.parse().expect("a number")
    }

    /// Each database is a broker of its own.
    pub fn url(&self, database: u8) -> String {
        format!("redis+unix://{}/s?db={database}", self.folder.path().display())
    }
}

fn spawn(folder: &TempDir, appendonly: &str) -> Child {
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", appendonly, "--unixsocket", "s"])
        .current_dir(folder.path())
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server starts")
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
        Self::hearing(url, "pong")
    }

    /// One who hears this topic.
    pub fn hearing(url: &str, topic: &str) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let (broker, inbox) = runtime.block_on(async {
            let registry = wasi_cloud::registry(&Clock::default()).expect("backends");
            let broker = registry.services(url).await.expect("it answers").messaging.expect("messaging");
            let heard = Subscription { topics: vec![topic.into()], group: None, max_deliveries: 1, dead_letter: None };
            let inbox = broker.subscribe("default", &heard).await.expect("subscribed");
            (broker, inbox)
        });
        Self { runtime, broker, inbox, heard: BTreeSet::new() }
    }

    pub fn ping(&self, times: usize) {
        let ping = Payload { data: b"ping".to_vec(), ..Payload::default() };
        (0..times).for_each(|_| self.send("ping", &ping));
    }

    pub fn send(&self, topic: &str, message: &Payload) {
        self.runtime.block_on(self.broker.publish("default", topic, message)).expect("accepted");
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
        self.hear_message().data
    }

    /// The next message that it hears.
    pub fn hear_message(&mut self) -> Payload {
        let next = async { timeout(PATIENCE, self.inbox.next()).await.expect("a message").expect("delivered") };
        self.runtime.block_on(next).payload
    }

    /// That what was heard is 1 to `last` without a gap.
    pub fn assert_heard(&self, last: u32) {
        assert_eq!(self.heard, (1..=last).collect());
    }
}
