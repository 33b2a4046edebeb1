//! The least that a vendor writes in Rust: `cargo run --example minimal-host` judges a host that has configuration alone.

use async_trait::async_trait;
use cloud_conformance::host::{Altitude, Deployment, Driver, Environment, Host, HostDescription};
use cloud_conformance::session::{Broken, Session};
use serde_json::{Value, json};
use std::{collections::BTreeMap, process::ExitCode};

struct Minimal(HostDescription);

#[async_trait]
impl Host for Minimal {
    fn describe(&self) -> &HostDescription {
        &self.0
    }
    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        Ok(Box::new(Room(deployment.config.clone())))
    }
}

#[derive(Clone)]
struct Room(BTreeMap<String, String>);

#[async_trait]
impl Environment for Room {
    async fn guest(&self, _: Driver) -> Result<Box<dyn Session>, Broken> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl Session for Room {
    async fn exec(&mut self, line: &str) -> Result<String, Broken> {
        // Where there are guests, the line goes to one, and its answer back.
        let op: Value = serde_json::from_str(line).map_err(|why| Broken::Protocol(why.to_string()))?;
        let get = |key: &Value| json!({ "Value": self.0.get(key.as_str().unwrap_or_default()) });
        Ok(op.get("Get").map_or_else(|| json!({ "Pairs": self.0.iter().collect::<Vec<_>>() }), get).to_string())
    }
}

fn main() -> ExitCode {
    let host = HostDescription::new("minimal", "1.0", Altitude::Direct).with("config", &["exact-config"]);
    cloud_conformance::main([Minimal(host)])
}
