//! The scheduler: every case in its own deployment and its own task, with deadlines that hold whatever the host does.

mod attempt;
mod guard;
mod judge;
mod panics;
mod parity;
mod tally;

use crate::{
    bench::Deadlines,
    catalogue::Need,
    event::{Event, HostInfo, Started, Summary},
    host::{Deployment, Driver, command::PATIENCE},
    outcome::Verdict,
    plan::{Entry, Expect, Plan},
};
use futures::{StreamExt, stream};
use rand::{SeedableRng, rngs::StdRng, seq::SliceRandom};
use sha2::{Digest, Sha256};
use std::time::{Duration, Instant};
use tokio::{
    runtime::Handle,
    sync::{mpsc, watch},
};

pub use panics::Panics;
use parity::Parity;
pub use tally::Rules;
use tally::Tally;

/// How often a case that is known to be flaky runs at most.
const FLAKY_ATTEMPTS: u32 = 3;

/// How long a host may take to make ready what cases start: its longest preparation, for each guest.
const READY: Duration = PATIENCE.saturating_mul(Driver::ALL.len() as u32);

/// How to run.
#[derive(Clone)]
pub struct Options {
    /// Begins the scope of every deployment: unique in the world.
    pub run: String,
    /// Orders the cases and seeds each of them.
    pub seed: u64,
    /// Cases at the same time, at least 1.
    pub jobs: usize,
    /// How long to wait for a case and its parts.
    pub deadlines: Deadlines,
    /// What every case finds, by its scope.
    pub deployment: fn(&str) -> Deployment,
    /// The command line that reaches the host, such as `cloud-conformance run --host memory`: begins the lines that
    /// replay a case. Without secrets.
    pub command: String,
    /// Turns true when the user has had enough.
    pub stop: watch::Receiver<bool>,
    /// Where cases run. With a runtime of their own, a case that blocks its thread cannot keep the deadlines from
    /// passing.
    pub cases: Handle,
    /// What makes the run as a whole good or bad.
    pub rules: Rules,
    /// Where panics are noted. One that no verdict tells of spoils the run.
    pub panics: Panics,
}

/// One run of one case, scheduled.
struct Seat<'a> {
    number: usize,
    plan: &'a Plan,
    entry: &'a Entry,
}

/// Runs the plans and returns what the last event says. Every event goes to `tell`, in order.
pub async fn run(plans: &[Plan], options: &Options, tell: impl FnMut(Event)) -> Summary {
    ready_within(READY, plans, options, tell).await
}

async fn ready_within(limit: Duration, plans: &[Plan], options: &Options, mut tell: impl FnMut(Event)) -> Summary {
    let began = Instant::now();
    let mut tally = Tally::new(plans);
    tell(Event::Started(started(plans, options)));
    let (sender, mut events) = mpsc::unbounded_channel();
    let work = async move {
        for record in plans.iter().flat_map(|plan| judge::decided(plan, options)) {
            let _ = sender.send(Event::Ended(Box::new(record)));
        }
        warm(limit, plans, options).await;
        // Cases that must be alone come last, one by one.
        let (alone, shared): (Vec<_>, Vec<_>) = schedule(plans, options.seed)
            .into_iter()
            .partition(|seat| seat.entry.case.needs.contains(&Need::Exclusive));
        stream::iter(shared).for_each_concurrent(jobs(plans, options), |seat| sit(seat, options, &sender)).await;
        stream::iter(alone).for_each(|seat| sit(seat, options, &sender)).await;
    };
    let mut parity = Parity::new(options.rules.golden.as_deref());
    let listen = async {
        while let Some(event) = events.recv().await {
            let ended = match event {
                Event::Ended(record) => parity.judge(*record),
                other => {
                    tell(other);
                    continue;
                }
            };
            for record in ended {
                tally.count(&record);
                tell(Event::Ended(Box::new(record)));
            }
        }
        for record in parity.rest() {
            tally.count(&record);
            tell(Event::Ended(Box::new(record)));
        }
    };
    tokio::join!(work, listen);
    let summary = tally.finish(plans, options, began.elapsed());
    tell(Event::Finished(summary.clone()));
    summary
}

/// Where the cases will run, so that this thread goes on watching deadlines.
async fn warm(limit: Duration, plans: &[Plan], options: &Options) {
    for plan in plans {
        let ids: Vec<_> = plan.entries.iter().filter(|entry| entry.skip.is_none()).map(|e| e.id.clone()).collect();
        let host = plan.host.clone();
        let warming = async move { host.warm(&ids.iter().map(String::as_str).collect::<Vec<_>>()).await };
        // What panics here, or does not end, does so again in a case, which tells of it.
        let _ = attempt::within(limit, options, warming).await;
    }
}

/// How many cases run at the same time: as many as were asked for, unless a host has no room for them.
fn jobs(plans: &[Plan], options: &Options) -> usize {
    let most = plans.iter().filter_map(|plan| plan.host.at_once()).min();
    most.map_or(options.jobs, |most| options.jobs.min(most))
}

fn schedule(plans: &[Plan], seed: u64) -> Vec<Seat<'_>> {
    let entries = plans.iter().flat_map(|plan| plan.entries.iter().map(move |entry| (plan, entry)));
    let runnable = entries.filter(|(_, entry)| entry.skip.is_none()).enumerate();
    let mut seats: Vec<_> = runnable.map(|(number, (plan, entry))| Seat { number, plan, entry }).collect();
    seats.shuffle(&mut StdRng::seed_from_u64(seed));
    seats
}

async fn sit(seat: Seat<'_>, options: &Options, events: &mpsc::UnboundedSender<Event>) {
    if *options.stop.borrow() {
        return;
    }
    // Nobody listens any more only if the run itself is dropped.
    let (id, altitude) = (seat.entry.id.clone(), seat.plan.host.describe().altitude.to_string());
    let _ = events.send(Event::Begun { id, altitude });
    let began = Instant::now();
    let seed = case_seed(options.seed, &seat.entry.id);
    let most = if seat.entry.expect == Expect::Flake { FLAKY_ATTEMPTS } else { 1 };
    for number in 1..=most {
        let scope = format!("{}-{}-{number}", options.run, seat.number);
        let Some(attempt) = attempt::attempt(&seat, &scope, seed, options).await else { return };
        if Verdict::from(&attempt.outcome) != Verdict::Fail || number == most {
            let record = judge::ran(&seat, attempt, number, seed, began.elapsed(), options);
            let _ = events.send(Event::Ended(Box::new(record)));
            return;
        }
    }
}

/// The same for the same case whatever else runs, so that one case can be replayed.
pub(crate) fn case_seed(seed: u64, id: &str) -> u64 {
    let digest = Sha256::new().chain_update(seed.to_le_bytes()).chain_update(id).finalize();
    digest.iter().take(8).fold(0, |seed, byte| seed << 8 | u64::from(*byte))
}

fn started(plans: &[Plan], options: &Options) -> Started {
    Started {
        suite: env!("CARGO_PKG_VERSION").to_owned(),
        run: options.run.clone(),
        seed: options.seed,
        jobs: jobs(plans, options),
        hosts: plans.iter().map(|plan| HostInfo::from(plan.host.describe())).collect(),
        planned: plans.iter().map(|plan| plan.runnable() + plan.checks.len()).sum(),
        picked: !options.rules.whole,
        inapplicable: plans.iter().flat_map(|plan| plan.inapplicable.clone()).collect(),
        // The same at each altitude.
        untested: plans.first().map(|plan| plan.untested.clone()).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests;
