//! A backend server of our own for the time of a run: private, empty, and gone afterwards.

mod postgres;

use crate::post::post;
use anyhow::{Context, bail};
use std::{fs::File, net::Ipv4Addr, path::Path, process::Stdio, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(10);
/// How long one may take to end that is asked to.
const END: Duration = Duration::from_secs(5);
/// How often to try another port after somebody else took the first.
const TRIES: usize = 5;

/// What to do where a server's program is missing.
const INSTALL_ETCD: &str = "`etcd` is not on the PATH. Install it, 3.5 or later (macOS: `brew install etcd`; Alpine: `apk \
    add etcd`; all systems: https://etcd.io/docs/latest/install/) or name a server that runs: `--url \
    etcd://127.0.0.1:2379`";
const INSTALL_NATS: &str = "`nats-server` is not on the PATH. Install it (Go: `go install \
    github.com/nats-io/nats-server/v2@latest`; macOS: `brew install nats-server`; Alpine: `apk add nats-server`) or name a \
    server that runs, with JetStream: `--url nats://127.0.0.1:4222`";
const INSTALL_POSTGRES: &str = "`initdb` and `postgres` are not on the PATH, nor where Debian has them. Install them \
    (Debian, Ubuntu: `apt install postgresql`; Fedora: `dnf install postgresql-server`; macOS: `brew install postgresql`; \
    Alpine: `apk add postgresql`) or name a server that runs: `--url postgres://user:password@127.0.0.1:5432/database`";
const INSTALL_REDIS: &str = "`redis-server` is not on the PATH. Install it (Debian, Ubuntu: `apt install \
    redis-server`; Fedora: `dnf install redis`; macOS: `brew install redis`; Alpine: `apk add redis`) or name a server \
    that runs: `--url redis://127.0.0.1:6379`";

/// A server that can be started for a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `etcd`, a cluster of one, which does not wait for the disk.
    Etcd,
    /// `nats-server`, with JetStream.
    Nats,
    /// `postgres`, without syncing.
    Postgres,
    /// `redis-server`, without persistence.
    Redis,
}

impl Program {
    /// What serves the host of that name.
    #[must_use]
    pub fn of(host: &str) -> Option<Self> {
        match host {
            "etcd" => Some(Self::Etcd),
            "nats" => Some(Self::Nats),
            "postgres" => Some(Self::Postgres),
            "redis" => Some(Self::Redis),
            _ => None,
        }
    }

    /// As it is called on the PATH.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Etcd => "etcd",
            Self::Nats => "nats-server",
            Self::Postgres => "postgres",
            Self::Redis => "redis-server",
        }
    }

    /// What to do where it is missing.
    #[must_use]
    pub const fn install(self) -> &'static str {
        match self {
            Self::Etcd => INSTALL_ETCD,
            Self::Nats => INSTALL_NATS,
            Self::Postgres => INSTALL_POSTGRES,
            Self::Redis => INSTALL_REDIS,
        }
    }

    /// Whether it can be started here.
    #[must_use]
    pub fn is_here(self) -> bool {
        if self == Self::Postgres {
            return postgres::programs().is_some();
        }
        let paths = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&paths).any(|folder| folder.join(self.name()).is_file())
    }

    /// On a port of 127.0.0.1, with a folder of its own, which is made ready.
    async fn command(self, dir: &Path, port: u16, log: &Path) -> anyhow::Result<Command> {
        let (number, mut command) = (port.to_string(), Command::new(self.name()));
        command.stderr(Stdio::null());
        match self {
            Self::Etcd => {
                let (name, client, peer) = (unique(dir), format!("http://127.0.0.1:{port}"), "http://127.0.0.1:0");
                command.args(["--name", &name, "--listen-client-urls", &client, "--advertise-client-urls", &client]);
                // Nobody asks for the peers' port, so any will do.
                command.args(["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]);
                command.args(["--initial-cluster", &format!("{name}={peer}"), "--unsafe-no-fsync"]);
                command.arg("--data-dir").arg(dir.join("data")).arg("--log-outputs").arg(log);
            }
            Self::Nats => {
                command.args(["--addr", "127.0.0.1", "--port", &number, "--jetstream", "--store_dir"]).arg(dir);
                command.arg("--name").arg(unique(dir)).arg("--log").arg(log);
            }
            Self::Postgres => {
                postgres::init(dir).await?;
                command = postgres::serve(dir, port)?;
                command.stderr(File::create(log)?);
            }
            Self::Redis => {
                command.args(["--port", &number, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
                command.arg("--dir").arg(dir).arg("--logfile").arg(log);
            }
        }
        Ok(command)
    }

    /// Where it answers.
    fn url(self, dir: &Path, port: u16) -> std::io::Result<String> {
        match self {
            Self::Etcd => Ok(format!("etcd://127.0.0.1:{port}")),
            Self::Nats => Ok(format!("nats://127.0.0.1:{port}")),
            Self::Postgres => postgres::url(dir, port),
            Self::Redis => Ok(format!("redis://127.0.0.1:{port}")),
        }
    }

    /// The server's version, if the process behind the port is ours: somebody else may have been faster.
    async fn hello(self, dir: &Path, port: u16, pid: Option<u32>) -> std::io::Result<Option<String>> {
        match self {
            Self::Etcd => etcd_hello(port, &unique(dir)).await,
            Self::Nats => nats_hello(port, &unique(dir)).await,
            Self::Postgres => postgres::hello(dir, pid).await,
            Self::Redis => redis_hello(port, pid).await,
        }
    }
}

/// The name of the folder, which nobody else has.
fn unique(dir: &Path) -> String {
    dir.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// A server that ends when this is dropped.
#[derive(Debug)]
pub struct Service {
    url: String,
    version: String,
    program: Program,
    child: Child,
    // After the child: it still writes there while it ends.
    _dir: TempDir,
}

impl Service {
    /// Starts `redis-server`: see [`start`](Self::start).
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    pub async fn redis() -> anyhow::Result<Self> {
        Self::start(Program::Redis).await
    }

    /// Starts a server on a free port of 127.0.0.1, with a folder of its own, and waits until it answers.
    ///
    /// # Errors
    /// The program is missing, or does not answer within ten seconds.
    pub async fn start(program: Program) -> anyhow::Result<Self> {
        for _ in 0..TRIES {
            if let Some(service) = Self::try_start(program).await? {
                return Ok(service);
            }
        }
        bail!("every port that was free was taken again")
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

    /// Ends it and waits until it has ended; dropping it waits for PostgreSQL only.
    pub async fn stop(mut self) {
        self.ask_to_end();
        // It cannot fail but for a server that has ended already.
        let _ = self.child.kill().await;
    }

    /// PostgreSQL is asked, and waited for: one that is killed leaves a segment of shared memory behind.
    fn ask_to_end(&mut self) {
        if self.program != Program::Postgres {
            return;
        }
        let Some(pid) = self.child.id() else { return };
        let _ = std::process::Command::new("kill").arg("-QUIT").arg(pid.to_string()).status();
        let began = Instant::now();
        while began.elapsed() < END && matches!(self.child.try_wait(), Ok(None)) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// `None` where the port was taken before the server had it.
    async fn try_start(program: Program) -> anyhow::Result<Option<Self>> {
        let dir = tempfile::Builder::new().prefix("cloud-conformance-").tempdir()?;
        let port = free_port().await?;
        let log = dir.path().join("server.log");
        if !program.is_here() {
            bail!(program.install());
        }
        let mut child = match spawn(program.command(dir.path(), port, &log).await?) {
            Ok(child) => child,
            Err(error) => return Err(error).with_context(|| format!("`{}` cannot be started", program.name())),
        };
        let began = Instant::now();
        while began.elapsed() < START {
            if let Some(status) = child.try_wait()? {
                let said = std::fs::read_to_string(&log).unwrap_or_default();
                if said.to_lowercase().contains("address already in use") {
                    return Ok(None);
                }
                let last = said.lines().last().unwrap_or("it wrote no log");
                bail!("`{}` ended with {status}: {last}", program.name());
            }
            if let Ok(Ok(Some(version))) = timeout(START, program.hello(dir.path(), port, child.id())).await {
                let url = program.url(dir.path(), port)?;
                return Ok(Some(Self { url, version, program, child, _dir: dir }));
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("`{}` did not answer within {START:?}", program.name())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.ask_to_end();
    }
}

async fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
}

fn spawn(mut command: Command) -> std::io::Result<Child> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true).spawn()
}

/// A cluster of one tells of itself alone.
async fn etcd_hello(port: u16, name: &str) -> std::io::Result<Option<String>> {
    let address = format!("127.0.0.1:{port}");
    let members = post(&address, "/v3/cluster/member/list", &serde_json::json!({})).await?;
    let status = post(&address, "/v3/maintenance/status", &serde_json::json!({})).await?;
    let version = status["version"].as_str().filter(|_| members["members"][0]["name"] == name);
    Ok(version.map(str::to_owned))
}

/// The first line of a server is `INFO` and a JSON object.
async fn nats_hello(port: u16, name: &str) -> std::io::Result<Option<String>> {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let line = BufReader::new(stream).lines().next_line().await?.unwrap_or_default();
    let info: serde_json::Value = serde_json::from_str(line.strip_prefix("INFO ").unwrap_or_default())?;
    let version = info["version"].as_str().filter(|_| info["server_name"] == name);
    Ok(version.map(str::to_owned))
}

async fn redis_hello(port: u16, pid: Option<u32>) -> std::io::Result<Option<String>> {
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
