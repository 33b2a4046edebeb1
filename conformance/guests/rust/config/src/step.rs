//! One operation in, one observation out.

use super::{Op, Seen};
use wasi_cloud_sdk::{Result, config};

pub(super) fn step(op: Op) -> Result<Seen> {
    Ok(match op {
        Op::Get(key) => Seen::Value(config::get(&key)?),
        Op::GetAll => Seen::Pairs(config::get_all()?.into_iter().collect()),
    })
}
