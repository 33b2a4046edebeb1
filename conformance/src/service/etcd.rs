//! etcd: a cluster of one, which does not wait for the disk.

use super::{Place, Server};
use crate::post::post;
use async_trait::async_trait;
use std::{io, process::Stdio};
use tokio::process::Command;

/// `etcd`.
#[derive(Debug)]
pub struct Etcd;

#[async_trait]
impl Server for Etcd {
    fn host(&self) -> &'static str {
        "etcd"
    }

    fn name(&self) -> &'static str {
        "etcd"
    }

    fn install(&self) -> &'static str {
        "`etcd` is not on the PATH. Install it, 3.5 or later (macOS: `brew install etcd`; Alpine: `apk add etcd`; all \
         systems: https://etcd.io/docs/latest/install/) or name a server that runs: `--url etcd://127.0.0.1:2379`"
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let (name, client, peer) = (place.unique(), format!("http://127.0.0.1:{}", place.port), "http://127.0.0.1:0");
        let mut command = Command::new(self.name());
        command.args(["--name", &name, "--listen-client-urls", &client, "--advertise-client-urls", &client]);
        // Nobody asks for the peers' port, so any will do.
        command.args(["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]);
        command.args(["--initial-cluster", &format!("{name}={peer}"), "--unsafe-no-fsync"]);
        command.arg("--data-dir").arg(place.dir().join("data")).arg("--log-outputs").arg(place.log());
        command.stderr(Stdio::null());
        Ok(command)
    }

    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("etcd://127.0.0.1:{}", place.port))
    }

    /// A cluster of one tells of itself alone.
    async fn hello(&self, place: &Place, _pid: Option<u32>) -> io::Result<Option<String>> {
        let address = format!("127.0.0.1:{}", place.port);
        let members = post(&address, "/v3/cluster/member/list", &serde_json::json!({})).await?;
        let status = post(&address, "/v3/maintenance/status", &serde_json::json!({})).await?;
        let version = status["version"].as_str().filter(|_| members["members"][0]["name"] == place.unique());
        Ok(version.map(str::to_owned))
    }
}
