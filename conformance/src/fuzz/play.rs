//! Plays a sequence on a host, beside the model.

use super::{
    Step, What,
    model::{Expected, Model},
};
use crate::{
    catalogue::deployment::{DEFAULT, deployment},
    host::{Driver, Environment, Host},
    session::{Broken, Session},
    wire::keyvalue::{Op, Seen},
};
use std::{fmt, time::Duration};

/// Where a host and the model part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The number of the step, from 0.
    pub at: usize,
    /// What the model says.
    pub expected: String,
    /// What the guest saw, or how it broke.
    pub actual: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "step {}: expected {}, actual {}", self.at, self.expected, self.actual)
    }
}

/// The slot of every `cas`.
const CAS: u32 = 0;

/// Plays the steps in a deployment of their own, up to the first that differs. `scope` is unique in the world.
///
/// # Errors
/// The difference; a host that cannot be deployed or cleaned differs too.
pub async fn play(host: &dyn Host, scope: &str, steps: &[Step], patience: Duration) -> Result<(), Difference> {
    let label = host.describe().labels.get(DEFAULT).map_or(DEFAULT, String::as_str).to_owned();
    let positions = host.describe().declares("keyvalue", "batch-positions");
    let differs =
        |at: usize, broken: Broken| Difference { at, expected: "an answer".into(), actual: broken.to_string() };
    let environment = host.deploy(&deployment(scope)).await.map_err(|broken| differs(0, broken))?;
    let played = async {
        let session = environment.guest(Driver::Keyvalue).await.map_err(|broken| differs(0, broken))?;
        let mut player = Player { session, label, positions, patience };
        for handle in 0..2 {
            player.reopen(handle, false).await.map_err(|broken| differs(0, broken))?;
        }
        let mut model = Model::default();
        for (at, step) in steps.iter().enumerate() {
            let expected = model.apply(&step.what);
            let seen = player.step(step).await.map_err(|broken| differs(at, broken))?;
            if !player.fits(&expected, &seen) {
                return Err(Difference { at, expected: format!("{expected:?}"), actual: format!("{seen:?}") });
            }
        }
        Ok(())
    };
    let played = played.await;
    clean(&*environment, steps.len()).await?;
    played
}

async fn clean(environment: &dyn Environment, at: usize) -> Result<(), Difference> {
    let cleaned = environment.clean().await;
    cleaned.map_err(|broken| Difference { at, expected: "to be cleaned".into(), actual: broken.to_string() })
}

struct Player {
    session: Box<dyn Session>,
    label: String,
    positions: bool,
    patience: Duration,
}

impl Player {
    /// What the guest saw of the last operation of a step.
    async fn step(&mut self, step: &Step) -> Result<Seen, Broken> {
        let slot = step.handle;
        let op = match step.what.clone() {
            What::Get(key) => Op::Get((slot, key)),
            What::Set(key, value) => Op::Set((slot, key, value)),
            What::Delete(key) => Op::Delete((slot, key)),
            What::Exists(key) => Op::Exists((slot, key)),
            What::List => Op::AllKeys(slot),
            What::Increment(key, delta) => Op::Increment((slot, key, delta)),
            What::GetMany(keys) => Op::GetMany((slot, keys)),
            What::SetMany(pairs) => Op::SetMany((slot, pairs)),
            What::DeleteMany(keys) => Op::DeleteMany((slot, keys)),
            What::Swap(key, value) => {
                self.exec(&Op::CasNew((CAS, slot, key))).await?;
                Op::CasSwap((CAS, value))
            }
            What::LateSwap(key, value) => {
                self.exec(&Op::CasNew((CAS, slot, key.clone()))).await?;
                self.exec(&Op::Set((slot, key, value))).await?;
                let seen = self.exec(&Op::CasSwap((CAS, b"too late".to_vec()))).await?;
                if seen == Seen::Lost {
                    self.exec(&Op::CasDrop(CAS)).await?;
                }
                return Ok(seen);
            }
            What::Reopen => return self.reopen(slot, true).await,
        };
        self.exec(&op).await
    }

    async fn reopen(&mut self, slot: u32, is_open: bool) -> Result<Seen, Broken> {
        if is_open {
            self.exec(&Op::Close(slot)).await?;
        }
        self.exec(&Op::Open((slot, self.label.clone()))).await
    }

    async fn exec(&mut self, op: &Op) -> Result<Seen, Broken> {
        let line = serde_json::to_string(op).map_err(|e| Broken::Protocol(e.to_string()))?;
        let seen = tokio::time::timeout(self.patience, self.session.exec(&line)).await;
        let seen = seen.unwrap_or(Err(Broken::Hung(self.patience)))?;
        serde_json::from_str(&seen).map_err(|e| Broken::Protocol(format!("{e}: {seen}")))
    }

    fn fits(&self, expected: &Expected, seen: &Seen) -> bool {
        match (expected, seen) {
            (Expected::Done, Seen::Done) | (Expected::Lost, Seen::Lost) => true,
            (Expected::Value(expected), Seen::Value(seen)) => expected == seen,
            (Expected::Flag(expected), Seen::Flag(seen)) => expected == seen,
            (Expected::Number(expected), Seen::Number(seen)) => expected == seen,
            (Expected::Keys(expected), Seen::Keys(seen)) => *expected == seen.iter().cloned().collect(),
            (Expected::Pairs(expected), Seen::Values(seen)) if self.positions => expected == seen,
            (Expected::Pairs(expected), Seen::Values(seen)) => {
                let there = |pairs: &[Option<(String, Vec<u8>)>]| {
                    let mut there: Vec<_> = pairs.iter().flatten().cloned().collect();
                    there.sort();
                    there.dedup();
                    there
                };
                there(expected) == there(seen)
            }
            _ => false,
        }
    }
}
