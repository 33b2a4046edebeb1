use super::{
    Failure,
    guest::{Guest, Judged, Operation, ask},
};
use crate::{
    outcome::Outcome,
    wire::config::{Op, Seen},
};

impl Operation for Op {
    type Seen = Seen;

    fn interface(&self) -> &'static str {
        "store"
    }

    fn judge(seen: Seen) -> Judged<Seen> {
        match seen {
            Seen::Failed(failure) => Judged::Failed(failure.into()),
            answer => Judged::Answer(answer),
        }
    }
}

/// A guest that drives `wasi:config`.
#[derive(Clone)]
pub struct Config {
    guest: Guest,
}

impl Config {
    pub(super) const fn new(guest: Guest) -> Self {
        Self { guest }
    }

    /// `get`.
    pub async fn get(&self, key: &str) -> Outcome<Option<String>> {
        ask!(self.guest, Op::Get(key.into()), Seen::Value(value) => value)
    }

    /// `get-all`.
    pub async fn get_all(&self) -> Outcome<Vec<(String, String)>> {
        ask!(self.guest, Op::GetAll, Seen::Pairs(pairs) => pairs)
    }

    /// One operation, whatever comes of it.
    pub async fn attempt(&self, op: Op) -> Outcome<Result<Seen, Failure>> {
        self.guest.attempt(&op).await
    }

    /// One operation that must fail.
    pub async fn fails(&self, op: Op) -> Outcome<Failure> {
        self.guest.failure(&op).await
    }
}
