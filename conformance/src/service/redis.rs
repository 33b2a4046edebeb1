//! Redis, without persistence.

use super::{Place, Server};
use async_trait::async_trait;
use std::{io, net::Ipv4Addr, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    process::Command,
};

/// `redis-server`.
#[derive(Debug)]
pub struct Redis;

#[async_trait]
impl Server for Redis {
    fn host(&self) -> &'static str {
        "redis"
    }

    fn name(&self) -> &'static str {
        "redis-server"
    }

    fn install(&self) -> &'static str {
        "`redis-server` is not on the PATH. Install it (Debian, Ubuntu: `apt install redis-server`; Fedora: `dnf install \
         redis`; macOS: `brew install redis`; Alpine: `apk add redis`) or name a server that runs: `--url \
         redis://127.0.0.1:6379`"
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let mut command = Command::new(self.name());
        command.args(["--port", &place.port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
        command.arg("--dir").arg(place.dir()).arg("--logfile").arg(place.log()).stderr(Stdio::null());
        Ok(command)
    }

    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("redis://127.0.0.1:{}", place.port))
    }

    async fn hello(&self, place: &Place, pid: Option<u32>) -> io::Result<Option<String>> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, place.port)).await?;
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
}
