//! NATS, with JetStream.

use super::{Place, Server};
use async_trait::async_trait;
use std::{io, net::Ipv4Addr, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::Command,
};

/// `nats-server`.
#[derive(Debug)]
pub struct Nats;

#[async_trait]
impl Server for Nats {
    fn host(&self) -> &'static str {
        "nats"
    }

    fn name(&self) -> &'static str {
        "nats-server"
    }

    fn install(&self) -> &'static str {
        "`nats-server` is not on the PATH. Install it (Go: `go install github.com/nats-io/nats-server/v2@latest`; macOS: \
         `brew install nats-server`; Alpine: `apk add nats-server`) or name a server that runs, with JetStream: `--url \
         nats://127.0.0.1:4222`"
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let mut command = Command::new(self.name());
        command.args(["--addr", "127.0.0.1", "--port", &place.port.to_string(), "--jetstream"]);
        command.arg("--store_dir").arg(place.dir()).arg("--name").arg(place.unique()).arg("--log").arg(place.log());
        command.stderr(Stdio::null());
        Ok(command)
    }

    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("nats://127.0.0.1:{}", place.port))
    }

    /// The first line of a server is `INFO` and a JSON object.
    async fn hello(&self, place: &Place, _pid: Option<u32>) -> io::Result<Option<String>> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, place.port)).await?;
        let line = BufReader::new(stream).lines().next_line().await?.unwrap_or_default();
        let info: serde_json::Value = serde_json::from_str(line.strip_prefix("INFO ").unwrap_or_default())?;
        let version = info["version"].as_str().filter(|_| info["server_name"] == place.unique());
        Ok(version.map(str::to_owned))
    }
}
