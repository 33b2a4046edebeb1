//! One case, once: deploy, run, clean up, each within its deadline.

use super::{
    Options, Seat,
    guard::{Guarded, caught, text},
};
use crate::{
    bench::{Bench, Shown},
    host::{Environment, HostCall},
    outcome::{Outcome, Stop},
    session::Broken,
    transcript::Entry,
};
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// What came of it.
pub(super) struct Attempt {
    pub outcome: Outcome,
    pub calls: Vec<HostCall>,
    pub log: Vec<String>,
    pub transcript: Vec<Entry>,
    pub leak: Option<String>,
    pub shown: Shown,
}

/// Why a task gave no answer.
pub(super) enum Lost {
    Panicked(String),
    Late(Duration),
    /// The user has had enough.
    Stopped,
}

/// `None` if the user stopped it before it was decided.
pub(super) async fn attempt(seat: &Seat<'_>, scope: &str, seed: u64, options: &Options) -> Option<Attempt> {
    let limit = options.deadlines.case;
    let (host, deployment) = (seat.plan.host.clone(), (options.deployment)(scope));
    // Not to be interrupted: what is half deployed could not be cleaned.
    let task = Aborting(options.cases.spawn(async move { caught(host.deploy(&deployment)).await }));
    let environment: Arc<dyn Environment> = match joined(task, limit).await {
        Ok(Ok(environment)) => Arc::new(Guarded(environment)),
        Ok(Err(broken)) => return Some(Attempt::undeployed(broken)),
        Err(Lost::Panicked(why)) => return Some(Attempt::undeployed(Broken::HostDied(why))),
        Err(Lost::Late(limit)) => return Some(Attempt::undeployed(Broken::Hung(limit))),
        Err(Lost::Stopped) => return None,
    };
    let description = Arc::new(seat.plan.host.describe().clone());
    let mut bench = Bench::new(seat.entry.case, description, environment.clone(), options.deadlines, seed);
    let (transcript, shown, case) = (bench.transcript().clone(), bench.shown().clone(), seat.entry.case);
    let ran = within(limit, options, async move { (case.run)(&mut bench).await }).await;
    let (calls, log) = (environment.calls(), environment.log());
    let leak = clean(environment, options).await;
    let outcome = match ran {
        Ok(outcome) => outcome,
        Err(Lost::Panicked(why)) => Err(Stop::Suite(format!("the case panicked: {why}"))),
        Err(Lost::Late(limit)) => Err(Broken::Hung(limit).into()),
        Err(Lost::Stopped) => return None,
    };
    Some(Attempt { outcome, calls, log, transcript: transcript.entries(), leak, shown })
}

impl Attempt {
    fn undeployed(broken: Broken) -> Self {
        let (calls, log, transcript) = (Vec::new(), Vec::new(), Vec::new());
        Self { outcome: Err(broken.into()), calls, log, transcript, leak: None, shown: Shown::default() }
    }
}

/// Deletes what the case stored, also when the user has had enough. Says what went wrong.
async fn clean(environment: Arc<dyn Environment>, options: &Options) -> Option<String> {
    let limit = options.deadlines.op;
    let task = Aborting(options.cases.spawn(async move { environment.clean().await }));
    match joined(task, limit).await {
        Ok(Ok(())) => None,
        Ok(Err(broken)) => Some(broken.to_string()),
        Err(Lost::Panicked(why)) => Some(why),
        Err(_) => Some(format!("no answer within {limit:?}")),
    }
}

pub(super) async fn within<T: Send + 'static>(
    limit: Duration,
    options: &Options,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Lost> {
    let task = Aborting(options.cases.spawn(work));
    let mut stop = options.stop.clone();
    tokio::select! {
        done = joined(task, limit) => done,
        Ok(_) = stop.wait_for(|stop| *stop) => Err(Lost::Stopped),
    }
}

async fn joined<T>(mut task: Aborting<T>, limit: Duration) -> Result<T, Lost> {
    match tokio::time::timeout(limit, &mut task.0).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) => Err(Lost::Panicked(match error.try_into_panic() {
            Ok(panic) => text(&*panic).to_owned(),
            Err(_) => "its task was ended".to_owned(),
        })),
        Err(_) => Err(Lost::Late(limit)),
    }
}

/// A task that does not outlive whoever waits for it.
struct Aborting<T>(JoinHandle<T>);

impl<T> Drop for Aborting<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
