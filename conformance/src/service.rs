//! A backend server of our own for the time of a run: private, empty, and gone afterwards.

use anyhow::{Context, bail};
use std::{net::Ipv4Addr, path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(10);
/// How often to try another port after somebody else took the first.
const TRIES: usize = 5;

/// What to do where the server's program is missing.
pub const INSTALL_REDIS: &str = "`redis-server` is not on the PATH. Install it (Debian, Ubuntu: `apt install \
    redis-server`; Fedora: `dnf install redis`; macOS: `brew install redis`; Alpine: `apk add redis`) or name a server \
    that runs: `--url redis://127.0.0.1:6379`";

/// A server that ends when this is dropped.
#[derive(Debug)]
pub struct Service {
    url: String,
    version: String,
    child: Child,
    // After the child: it still writes there while it ends.
    _dir: TempDir,
}

impl Service {
    /// Starts `redis-server` on a free port of 127.0.0.1, with a folder of its own, and waits until it answers.
    ///
    /// # Errors
    /// The program is missing, or does not answer within ten seconds.
    pub async fn redis() -> anyhow::Result<Self> {
        let mut last = None;
        for _ in 0..TRIES {
            match Self::try_redis().await {
                Ok(Some(service)) => return Ok(service),
                Ok(None) => last = Some(anyhow::anyhow!("every port that was free was taken again")),
                Err(error) => return Err(error),
            }
        }
        Err(last.unwrap_or_else(|| anyhow::anyhow!("no try was made")))
    }

    /// Where it answers.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it says of its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Ends it and waits until it has ended; dropping it does not wait.
    pub async fn stop(mut self) {
        // It cannot fail but for a server that has ended already.
        let _ = self.child.kill().await;
    }

    /// `None` where the port was taken before the server had it.
    async fn try_redis() -> anyhow::Result<Option<Self>> {
        let dir = tempfile::Builder::new().prefix("cloud-conformance-").tempdir()?;
        let port = free_port().await?;
        let log = dir.path().join("redis.log");
        let mut child = match spawn(dir.path(), port, &log) {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => bail!(INSTALL_REDIS),
            Err(error) => return Err(error).context("`redis-server` cannot be started"),
        };
        let began = Instant::now();
        while began.elapsed() < START {
            if let Some(status) = child.try_wait()? {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                if said.contains("Address already in use") {
                    return Ok(None);
                }
                bail!("`redis-server` ended with {status}: {}", said.lines().last().unwrap_or("it wrote no log"));
            }
            if let Ok(Ok(Some(version))) = timeout(START, hello(port, child.id())).await {
                let url = format!("redis://127.0.0.1:{port}");
                return Ok(Some(Self { url, version, child, _dir: dir }));
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("`redis-server` did not answer within {START:?}")
    }
}

async fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
}

fn spawn(dir: &Path, port: u16, log: &Path) -> std::io::Result<Child> {
    Command::new("redis-server")
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(dir)
        .arg("--logfile")
        .arg(log)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
}

/// The server's version, if the process behind the port is ours: somebody else may have been faster.
async fn hello(port: u16, pid: Option<u32>) -> std::io::Result<Option<String>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(b"INFO server\r\nQUIT\r\n").await?;
    let mut lines = BufReader::new(stream).lines();
    let (mut version, mut ours) = (None, false);
    while let Some(line) = lines.next_line().await? {
        match line.split_once(':') {
            Some(("redis_version", text)) => version = Some(text.to_owned()),
            Some(("process_id", text)) => ours = pid.is_some_and(|pid| text == pid.to_string()),
            _ => {}
        }
    }
    Ok(version.filter(|_| ours))
}
