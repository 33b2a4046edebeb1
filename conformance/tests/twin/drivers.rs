//! The drivers of the guests, compiled for this machine: the same `step` on the same facade, so what is driven is the
//! SDK's native twin.

mod config;
mod keyvalue;
mod keyvalue_ext;
mod messaging;

use cloud_conformance::{host::Driver, session::Broken};
use serde::{Serialize, de::DeserializeOwned};

/// One operation in, one observation out, both JSON lines.
pub type Step = Box<dyn FnMut(&str) -> Result<String, Broken>>;

/// A driver that was told nothing yet.
pub fn driver(driver: Driver) -> Step {
    match driver {
        Driver::Keyvalue => keyvalue::fresh(),
        Driver::KeyvalueExt => keyvalue_ext::fresh(),
        Driver::Messaging => messaging::fresh(),
        Driver::Config => config::fresh(),
    }
}

fn fresh<State, Op, Seen>(drive: fn(&mut State, Op) -> Seen) -> Step
where
    State: Default + 'static,
    Op: DeserializeOwned + 'static,
    Seen: Serialize + 'static,
{
    let mut state = State::default();
    Box::new(move |line| {
        let broken = |why: serde_json::Error| Broken::Protocol(why.to_string());
        let op = serde_json::from_str(line).map_err(broken)?;
        serde_json::to_string(&drive(&mut state, op)).map_err(broken)
    })
}
