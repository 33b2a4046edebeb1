//! ZooKeeper: one server, which does not wait for the disk.

use super::{Place, Server, on_the_path};
use async_trait::async_trait;
use std::{fs::File, io, net::Ipv4Addr, path::Path, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::Command,
    time::timeout,
};

/// Where Debian has it, which is not on its PATH.
const DEBIAN: &str = "/usr/share/zookeeper/bin/zkServer.sh";
/// How long to wait for an answer: a connection that comes while it starts may never get one.
const ANSWER: Duration = Duration::from_secs(1);

/// `zkServer.sh`.
#[derive(Debug)]
pub struct ZooKeeper;

#[async_trait]
impl Server for ZooKeeper {
    fn host(&self) -> &'static str {
        "zookeeper"
    }

    fn name(&self) -> &'static str {
        "zkServer.sh"
    }

    fn install(&self) -> &'static str {
        "`zkServer.sh` is not on the PATH, nor where Debian has it. Install it (Debian, Ubuntu: `apt install zookeeper`; all \
         systems: the `bin` of https://zookeeper.apache.org/releases.html, and Java) or name a server that runs: `--url \
         zookeeper://127.0.0.1:2181`"
    }

    fn is_here(&self) -> bool {
        on_the_path(self.name()) || Path::new(DEBIAN).is_file()
    }

    /// A virtual machine has to be started.
    fn patience(&self) -> Duration {
        Duration::from_secs(60)
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let (port, data) = (place.port, place.dir().join("data"));
        let settings = [
            format!("dataDir={}", data.display()),
            format!("clientPort={port}"),
            "clientPortAddress=127.0.0.1".to_owned(),
            "admin.enableServer=false".to_owned(),
            "4lw.commands.whitelist=conf,srvr".to_owned(),
            "maxClientCnxns=0".to_owned(),
            "forceSync=no".to_owned(),
        ];
        let config = place.dir().join("zoo.cfg");
        std::fs::write(&config, settings.join("\n"))?;
        let program = if on_the_path(self.name()) { self.name() } else { DEBIAN };
        let mut command = Command::new(program);
        // The script becomes the server, so this is the server's process.
        command.arg("start-foreground").arg(config);
        command.env("JMXDISABLE", "true").env("ZOO_LOG_DIR", place.dir());
        command.env("SERVER_JVMFLAGS", "-Xmx256m -XX:+UseSerialGC");
        command.stderr(File::create(place.log())?);
        Ok(command)
    }

    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("zookeeper://127.0.0.1:{}", place.port))
    }

    /// Only ours has its data in our folder.
    async fn hello(&self, place: &Place, _pid: Option<u32>) -> io::Result<Option<String>> {
        let data = format!("dataDir={}", place.dir().join("data").display());
        if !ask(place.port, "conf").await?.lines().any(|line| line.starts_with(&data)) {
            return Ok(None);
        }
        let said = ask(place.port, "srvr").await?;
        // `Zookeeper version: 3.8.0-1, built on ...`
        let version = said.lines().find_map(|line| line.strip_prefix("Zookeeper version: ")?.split([',', '-']).next());
        Ok(version.map(str::to_owned))
    }
}

/// The answer to a word of four letters.
async fn ask(port: u16, word: &str) -> io::Result<String> {
    let answer = async {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
        stream.write_all(word.as_bytes()).await?;
        let mut said = String::new();
        stream.read_to_string(&mut said).await?;
        Ok(said)
    };
    timeout(ANSWER, answer).await?
}
