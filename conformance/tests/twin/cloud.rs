//! What the suite says to a twin's cloud, in words that reach another process too: `conformance/twin-c` includes this file.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};
use wasi_cloud_sdk::{
    Error, Kind, Result,
    testing::{Cloud, Fault},
};

/// How a deployment's cloud begins.
#[derive(Debug, Deserialize, Serialize)]
pub struct Start {
    pub links: Vec<String>,
    pub grants: Vec<String>,
    pub config: BTreeMap<String, String>,
    pub call_timeout: Duration,
}

/// What is done to it later.
#[derive(Debug, Deserialize, Serialize)]
pub enum Control {
    Grant(Vec<String>),
    Switch(String),
    Advance(Duration),
    Fault { name: String, op: String, skip: u32, kind: String, moment: Moment },
}

/// What a fault does.
#[derive(Debug, Deserialize, Serialize)]
pub enum Moment {
    Before,
    After,
    Delay(Duration),
    Hang,
}

const KINDS: [Kind; 9] = [
    Kind::NotFound,
    Kind::AccessDenied,
    Kind::Invalid,
    Kind::Conflict,
    Kind::Unsupported,
    Kind::Quota,
    Kind::Timeout,
    Kind::Unavailable,
    Kind::Other,
];

pub fn start(start: Start) -> Result<Cloud> {
    let cloud = Cloud::builder().links(start.links).grants(start.grants).call_timeout(start.call_timeout);
    start.config.into_iter().fold(cloud, |cloud, (key, value)| cloud.config(key, value)).start()
}

pub fn apply(cloud: &Cloud, control: Control) -> Result<()> {
    match control {
        Control::Grant(rules) => cloud.grant(rules),
        Control::Switch(name) => cloud.switch(&name),
        Control::Advance(by) => {
            cloud.advance(by);
            Ok(())
        }
        Control::Fault { name, op, skip, kind, moment } => {
            let fault = match moment {
                Moment::Before => Fault::before(name),
                Moment::After => Fault::after(name),
                Moment::Delay(by) => Fault::delay(name, by),
                Moment::Hang => Fault::hang(name),
            };
            let known = KINDS.into_iter().find(|known| known.name() == kind);
            let kind = known.ok_or_else(|| Error::new(Kind::Invalid, format!("`{kind}` is no kind of error")))?;
            cloud.inject(fault.op(op).skip(skip).kind(kind))
        }
    }
}
