//! Mosquitto, a server of MQTT.

use super::{Place, Server};
use anyhow::Context;
use async_trait::async_trait;
use std::{
    fs::{self, File},
    io,
    net::Ipv4Addr,
    path::{Path, PathBuf},
};
use tokio::{net::TcpStream, process::Command};

/// Where Debian has it, which is not on everybody's PATH.
const DEBIAN: &str = "/usr/sbin";

const INSTALL: &str = "`mosquitto` is not on the PATH, nor where Debian has it. Install it, 2.0 or later (Debian, Ubuntu: `apt \
    install mosquitto`; Fedora: `dnf install mosquitto`; macOS: `brew install mosquitto`; Alpine: `apk add mosquitto`) or \
    name a server of MQTT 5 that runs: `--url mqtt://127.0.0.1:1883`";

/// `mosquitto`, without persistence.
#[derive(Debug)]
pub struct Mosquitto;

#[async_trait]
impl Server for Mosquitto {
    fn host(&self) -> &'static str {
        "mqtt"
    }

    fn name(&self) -> &'static str {
        "mosquitto"
    }

    fn install(&self) -> &'static str {
        INSTALL
    }

    fn is_here(&self) -> bool {
        program().is_some()
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let config = place.dir().join("mosquitto.conf");
        // Of a process of root's it would otherwise become a user who cannot read the folder.
        let text = format!("listener {} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n", place.port);
        fs::write(&config, text)?;
        let mut command = Command::new(program().context(INSTALL)?);
        command.arg("-c").arg(config).stderr(File::create(place.log())?);
        Ok(command)
    }

    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("mqtt://127.0.0.1:{}", place.port))
    }

    /// It says that it runs, in our folder, once the port is its own.
    async fn hello(&self, place: &Place, _pid: Option<u32>) -> io::Result<Option<String>> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, place.port)).await?;
        Ok(version(&fs::read_to_string(place.log())?).map(str::to_owned))
    }
}

fn program() -> Option<PathBuf> {
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&paths).chain([Path::new(DEBIAN).to_owned()]);
    folders.map(|folder| folder.join("mosquitto")).find(|program| program.is_file())
}

/// `1795335331: mosquitto version 2.0.11 running`
fn version(log: &str) -> Option<&str> {
    log.lines().find_map(|line| line.split_once("mosquitto version ")?.1.strip_suffix(" running"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_starts_is_none_that_runs() {
        let starts = "1: mosquitto version 2.0.11 starting\n1: Opening ipv4 listen socket on port 1883.\n";
        assert_eq!(version(starts), None);
        assert_eq!(version(&format!("{starts}1: mosquitto version 2.0.11 running\n")), Some("2.0.11"));
    }
}
