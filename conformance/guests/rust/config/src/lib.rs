//! Drives `wasi:config` through the SDK.

use wasi_cloud_sdk::{Result, config};

driver::driver!("config-driver", config);

fn step(op: Op) -> Result<Seen> {
    Ok(match op {
        Op::Get(key) => Seen::Value(config::get(&key)?),
        Op::GetAll => Seen::Pairs(config::get_all()?.into_iter().collect()),
    })
}
