//! A backend server of our own for the time of a run: private, empty, and gone afterwards. A file for each.

mod etcd;
mod kafka;
mod mosquitto;
mod nats;
mod postgres;
mod rabbitmq;
mod redis;
mod vault;
mod zookeeper;

pub use self::{
    etcd::Etcd, kafka::Kafka, mosquitto::Mosquitto, nats::Nats, postgres::Postgres, rabbitmq::Rabbitmq, redis::Redis,
    vault::Vault, zookeeper::ZooKeeper,
};

use anyhow::{Context, bail};
use async_trait::async_trait;
use std::{
    fmt, io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::{Instant, sleep, timeout},
};

/// How long one may take to end that is asked to.
const END: Duration = Duration::from_secs(5);
/// How often to try another port after somebody else took the first.
const TRIES: usize = 5;

/// Every server that can be started for a run.
pub const SERVERS: [&dyn Server; 9] =
    [&Etcd, &Kafka, &Mosquitto, &Nats, &Postgres, &Rabbitmq, &Redis, &Vault, &ZooKeeper];

/// What serves the host of that name.
#[must_use]
pub fn server_of(host: &str) -> Option<&'static dyn Server> {
    SERVERS.into_iter().find(|server| server.host() == host)
}

/// A server that can be started for a run.
#[async_trait]
pub trait Server: fmt::Debug + Sync {
    /// The host that it serves.
    fn host(&self) -> &'static str;

    /// As it is called on the PATH.
    fn name(&self) -> &'static str;

    /// What to do where it is missing.
    fn install(&self) -> &'static str;

    /// Whether it can be started here.
    fn is_here(&self) -> bool {
        on_the_path(self.name())
    }

    /// How long it may take until it answers. A busy machine needs seconds.
    fn patience(&self) -> Duration {
        Duration::from_secs(10)
    }

    /// Makes its folder ready, and says how it is started there. It writes what it has to say to `place.log()`.
    async fn command(&self, place: &Place) -> anyhow::Result<Command>;

    /// Where it answers.
    fn url(&self, place: &Place) -> io::Result<String>;

    /// The server's version, if it answers and is ours: somebody else may have been faster to take the port.
    async fn hello(&self, place: &Place, pid: Option<u32>) -> io::Result<Option<String>>;

    /// Asks it to end, and waits for it, where killing it would leave something behind.
    fn ask_to_end(&self, place: &Place, child: &mut Child) {
        let _ = (place, child);
    }
}

/// What a server has to itself.
#[derive(Debug)]
pub struct Place {
    dir: TempDir,
    /// A port of 127.0.0.1 that was free.
    pub port: u16,
}

impl Place {
    async fn new() -> io::Result<Self> {
        Ok(Self { dir: tempfile::Builder::new().prefix("cloud-conformance-").tempdir()?, port: free_port().await? })
    }

    /// A folder, which goes when the server has ended.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The name of the folder, which nobody else has.
    #[must_use]
    pub fn unique(&self) -> String {
        self.dir().file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }

    /// Where the server writes what it has to say.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.dir().join("server.log")
    }
}

/// A server that ends when this is dropped.
#[derive(Debug)]
pub struct Service {
    url: String,
    version: String,
    server: &'static dyn Server,
    child: Child,
    // After the child: it still writes there while it ends.
    place: Place,
}

impl Service {
    /// Starts `redis-server`: see [`start`](Self::start).
    ///
    /// # Errors
    /// As of [`start`](Self::start).
    pub async fn redis() -> anyhow::Result<Self> {
        Self::start(&Redis).await
    }

    /// Starts a server on a free port of 127.0.0.1, with a folder of its own, and waits until it answers.
    ///
    /// # Errors
    /// The program is missing, or does not answer in time.
    pub async fn start(server: &'static dyn Server) -> anyhow::Result<Self> {
        for _ in 0..TRIES {
            if let Some(service) = Self::try_start(server).await? {
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

    /// Ends it and waits until it has ended; dropping it waits only for one that is to be asked.
    pub async fn stop(mut self) {
        self.server.ask_to_end(&self.place, &mut self.child);
        // It cannot fail but for a server that has ended already.
        let _ = self.child.kill().await;
    }

    /// Kills it, and starts it again where it was, with what it has on its disk. Its clients must come back by themselves.
    ///
    /// # Errors
    /// It does not answer in time, or somebody took its port meanwhile.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        // It cannot fail but for a server that has ended already.
        let _ = self.child.kill().await;
        self.child = launch(self.server, &self.place).await?;
        if self.answers().await? { Ok(()) } else { bail!("its port was taken while it was away") }
    }

    /// `None` where the port was taken before the server had it.
    async fn try_start(server: &'static dyn Server) -> anyhow::Result<Option<Self>> {
        if !server.is_here() {
            bail!(server.install());
        }
        let place = Place::new().await?;
        let child = launch(server, &place).await?;
        // From here on it is ended whatever happens.
        let mut service = Self { url: server.url(&place)?, version: String::new(), server, child, place };
        Ok(service.answers().await?.then_some(service))
    }

    /// Waits until it answers; whether it had the port.
    async fn answers(&mut self) -> anyhow::Result<bool> {
        let (name, began, patience) = (self.server.name(), Instant::now(), self.server.patience());
        while began.elapsed() < patience {
            if let Some(status) = self.child.try_wait()? {
                let said = std::fs::read_to_string(self.place.log()).unwrap_or_default();
                // Not every server says so.
                if said.to_lowercase().contains("address already in use") || is_taken(self.place.port).await {
                    return Ok(false);
                }
                let last = said.lines().last().unwrap_or("it wrote no log");
                bail!("`{name}` ended with {status}: {last}");
            }
            if let Ok(Ok(Some(version))) = timeout(patience, self.server.hello(&self.place, self.child.id())).await {
                self.version = version;
                return Ok(true);
            }
            sleep(Duration::from_millis(20)).await;
        }
        bail!("`{name}` did not answer within {patience:?}")
    }
}

async fn launch(server: &dyn Server, place: &Place) -> anyhow::Result<Child> {
    let mut command = server.command(place).await?;
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command.spawn().with_context(|| format!("`{}` cannot be started", server.name()))
}

impl Drop for Service {
    fn drop(&mut self) {
        self.server.ask_to_end(&self.place, &mut self.child);
    }
}

/// Whether a program of that name is on the PATH.
fn on_the_path(name: &str) -> bool {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&paths).any(|folder| folder.join(name).is_file())
}

/// Whether somebody else listens there now.
async fn is_taken(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

async fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
}

/// Sends a signal, as `kill` names it, and waits until the process has ended.
fn signal(child: &mut Child, signal: &str) {
    let Some(pid) = child.id() else { return };
    let _ = std::process::Command::new("kill").arg(format!("-{signal}")).arg(pid.to_string()).status();
    wait(child);
}

/// Waits until a process has ended, at most five seconds.
fn wait(child: &mut Child) {
    let began = Instant::now();
    while began.elapsed() < END && matches!(child.try_wait(), Ok(None)) {
        std::thread::sleep(Duration::from_millis(5));
    }
}
