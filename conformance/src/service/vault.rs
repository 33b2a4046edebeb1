//! Vault in development mode: in memory, with a KV engine of version 2 at `secret`.

use super::{Place, Server};
use crate::post::ask;
use async_trait::async_trait;
use std::{fs::File, io, path::PathBuf, time::Duration};
use tokio::process::Command;

/// `vault`.
#[derive(Debug)]
pub struct Vault;

#[async_trait]
impl Server for Vault {
    fn host(&self) -> &'static str {
        "vault"
    }

    fn name(&self) -> &'static str {
        "vault"
    }

    fn install(&self) -> &'static str {
        "`vault` is not on the PATH. Install it, 1.10 or later (macOS: `brew install hashicorp/tap/vault`; all systems: \
         https://developer.hashicorp.com/vault/install) or name a server that runs: `--url \
         vault://:TOKEN@127.0.0.1:8200/secret`"
    }

    /// It is a large program.
    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }

    async fn command(&self, place: &Place) -> anyhow::Result<Command> {
        let token = format!("{:032x}", rand::random::<u128>());
        std::fs::write(token_file(place), &token)?;
        let mut command = Command::new(self.name());
        command.args(["server", "-dev", "-dev-no-store-token", "-dev-listen-address"]);
        command.arg(format!("127.0.0.1:{}", place.port));
        // Arguments are for everybody to read.
        command.env("VAULT_DEV_ROOT_TOKEN_ID", token).current_dir(place.dir()).stderr(File::create(place.log())?);
        Ok(command)
    }

    /// With its token.
    fn url(&self, place: &Place) -> io::Result<String> {
        Ok(format!("vault://:{}@127.0.0.1:{}/secret", std::fs::read_to_string(token_file(place))?, place.port))
    }

    /// Only ours takes the token. The engine is mounted a little later than the server answers.
    async fn hello(&self, place: &Place, _pid: Option<u32>) -> io::Result<Option<String>> {
        let (address, token) = (format!("127.0.0.1:{}", place.port), std::fs::read_to_string(token_file(place))?);
        ask(&address, "GET", "/v1/secret/config", &[("X-Vault-Token", &token)], "").await?;
        let health = ask(&address, "GET", "/v1/sys/health", &[], "").await?;
        Ok(health["version"].as_str().map(str::to_owned))
    }
}

fn token_file(place: &Place) -> PathBuf {
    place.dir().join("token")
}
