//! Plays a sequence on a host, beside the model.

use super::{
    Effort, Step, What,
    model::{Expected, Model},
};
use crate::{
    catalogue::deployment::{DEFAULT, deployment},
    event::plain::line,
    host::{Driver, Environment, Host, HostDescription},
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

impl Difference {
    /// On a line each, whatever the host said.
    fn new(at: usize, expected: &str, actual: &str) -> Self {
        let [mut expected, mut actual] = [expected.to_owned(), actual.to_owned()];
        [&mut expected, &mut actual].into_iter().for_each(line);
        Self { at, expected, actual }
    }
}

/// Why a sequence did not come to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Halt {
    /// The host does something else than the model.
    Differs(Difference),
    /// It could not be played, which says nothing of the host.
    Untried(String),
}

impl Halt {
    fn untried(broken: &Broken) -> Self {
        Self::Untried(broken.to_string())
    }

    /// As of a case: a trap, a dead host and a hang are the host's.
    fn broken(at: usize, broken: &Broken) -> Self {
        match broken {
            Broken::Trap(_) | Broken::HostDied(_) | Broken::Hung(_) => {
                Self::Differs(Difference::new(at, "an answer", &broken.to_string()))
            }
            Broken::Protocol(_) | Broken::Setup(_) => Self::untried(broken),
        }
    }
}

/// The slot of every `cas`.
const CAS: u32 = 0;

/// Plays the steps in a deployment of their own, up to the first that differs. `scope` is unique in the world.
///
/// # Errors
/// The difference, or why there is none to be seen: a host that cannot be deployed, opens no label, or cannot be cleaned.
pub async fn play(host: &dyn Host, scope: &str, steps: &[Step], effort: &Effort) -> Result<(), Halt> {
    let environment = host.deploy(&deployment(scope)).await.map_err(|broken| Halt::untried(&broken))?;
    let played = beside(host.describe(), &*environment, steps, effort).await;
    let cleaned = environment.clean().await;
    played.and(cleaned.map_err(|broken| Halt::Untried(format!("what it stored cannot be deleted: {broken}"))))
}

/// Plays them beside the model.
async fn beside(
    host: &HostDescription,
    environment: &dyn Environment,
    steps: &[Step],
    effort: &Effort,
) -> Result<(), Halt> {
    let label = host.labels.get(DEFAULT).map_or(DEFAULT, String::as_str).to_owned();
    let positions = host.declares("keyvalue", "batch-positions");
    let session = environment.guest(Driver::Keyvalue).await.map_err(|broken| Halt::untried(&broken))?;
    let mut player = Player { session, label, positions, patience: effort.patience };
    for handle in 0..effort.handles {
        let seen = player.reopen(handle, false).await.map_err(|broken| Halt::untried(&broken))?;
        if seen != Seen::Done {
            return Err(Halt::Untried(format!("`open` of {:?}: {seen:?}", player.label)));
        }
    }
    let mut model = Model::default();
    for (at, step) in steps.iter().enumerate() {
        let expected = model.apply(&step.what);
        let seen = player.step(step).await.map_err(|broken| Halt::broken(at, &broken))?;
        if !player.fits(&expected, &seen) {
            return Err(Halt::Differs(Difference::new(at, &format!("{expected:?}"), &format!("{seen:?}"))));
        }
    }
    Ok(())
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
