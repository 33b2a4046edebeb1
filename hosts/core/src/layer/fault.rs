use super::{Layer, Next, unknown_outcome};
use crate::{
    call::Call,
    error::{Error, Kind, Result},
};
use async_trait::async_trait;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// When a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the backend hears of the call: a definite failure.
    Before,
    /// After the backend did the work: the reply is lost, the outcome indefinite for a write.
    After,
    /// The call is late by this much and then runs.
    Delay(Duration),
    /// The call never ends by itself.
    Hang,
}

/// Strikes the `nth` call (from 0) that matches the capability and the operation.
#[derive(Debug, Clone)]
pub struct FaultRule {
    /// The capability word, or `*`.
    pub capability: String,
    /// The operation, or `*`.
    pub op: String,
    /// How many matching calls go by first.
    pub nth: u32,
    /// What happens then.
    pub moment: Moment,
}

/// Faults to come: data that a test may push while a guest runs. Each rule strikes once.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan(Arc<Mutex<Vec<(FaultRule, Kind)>>>);

impl FaultPlan {
    /// Adds a rule: what it strikes fails as `unavailable`.
    pub fn push(&self, rule: FaultRule) {
        self.push_as(rule, Kind::Unavailable);
    }

    /// Adds a rule: what it strikes fails as this. A late call does not fail, and one that hangs is not failed by it.
    pub fn push_as(&self, rule: FaultRule, kind: Kind) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((rule, kind));
    }

    /// Removes what has not struck yet and says how much that was.
    #[must_use]
    pub fn heal(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).count()
    }

    fn strike(&self, call: &Call<'_>) -> Option<(Moment, Kind)> {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rules.iter_mut().position(|(rule, _)| {
            let matches = (rule.capability == "*" || rule.capability == call.capability)
                && (rule.op == "*" || rule.op == call.op);
            if matches && rule.nth > 0 {
                rule.nth -= 1;
                return false;
            }
            matches
        })?;
        let (rule, kind) = rules.remove(at);
        Some((rule.moment, kind))
    }
}

/// Injects the faults of a plan: seeded and planned, never random.
#[derive(Debug, Clone, Default)]
pub struct Fault {
    /// The plan, shared with whoever pushes to it.
    pub plan: FaultPlan,
}

#[async_trait]
impl Layer for Fault {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> Result<()> {
        let Some((moment, kind)) = self.plan.strike(call) else { return next.run(call).await };
        let injected = || Error::new(kind, "injected fault");
        match moment {
            Moment::Before => Err(injected()),
            Moment::After => {
                next.run(call).await?;
                Err(unknown_outcome(call, injected()))
            }
            Moment::Delay(by) => {
                tokio::time::sleep(by).await;
                next.run(call).await
            }
            Moment::Hang => std::future::pending().await,
        }
    }
}
