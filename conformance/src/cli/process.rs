//! What a program does that runs cases: threads for them, a name for the run, an end when the user has had enough.

use super::COULD_NOT_RUN;
use crate::bench::Deadlines;
use clap::Args;
use std::{io, num::NonZeroUsize, time::Duration};
use tokio::{runtime::Runtime, sync::watch};

/// Cases mostly wait: for a server, or for a deadline to pass.
const PER_CORE: usize = 4;
/// Cases that block their thread must not keep the others waiting.
const SPARE_THREADS: usize = 4;

/// How many cases run at the same time if nobody says.
pub(super) fn default_jobs() -> usize {
    PER_CORE * std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}

/// Where deadlines pass, even if a case blocks every thread of the [`workers`].
pub(super) fn control() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Where so many cases run. To be shut down in the background: to drop it would wait for a case that blocks its thread.
pub(super) fn workers(jobs: usize) -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(jobs + SPARE_THREADS).enable_all().build()
}

/// The name of a run, which begins the names of all data that it writes.
pub(super) fn unique() -> String {
    format!("cc{:08x}", rand::random::<u32>())
}

/// Short enough to be typed.
pub(super) fn seed() -> u64 {
    rand::random::<u32>().into()
}

/// How long to wait.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct Timeouts {
    /// Longest wait for one operation, in seconds; the host's own call timeout is a quarter of it.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    op_timeout: Duration,
    /// Longest wait for one case, in seconds.
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    case_timeout: Duration,
}

impl Timeouts {
    pub const fn deadlines(self) -> Deadlines {
        Deadlines { op: self.op_timeout, case: self.case_timeout }
    }
}

/// A number of seconds, and not 0.
pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    let duration = Duration::try_from_secs_f64(seconds).map_err(|why| why.to_string())?;
    if duration.is_zero() { Err("it must be more than nothing".to_owned()) } else { Ok(duration) }
}

/// Turns true when the user asks for the end. Who asks twice does not want to wait for what is being cleaned.
pub(super) fn stop() -> watch::Receiver<bool> {
    let (sender, stop) = watch::channel(false);
    // Listened for from here on, and not from when the task is first run: a signal before that would end the suite without a word.
    let mut signals = Signals::new();
    tokio::spawn(async move {
        signals.next().await;
        let _ = sender.send(true);
        signals.next().await;
        std::process::exit(COULD_NOT_RUN.into());
    });
    stop
}

/// The user pressing Ctrl-C, or somebody asking the process to end. Where there are no signals, nobody can.
struct Signals {
    #[cfg(unix)]
    both: [Option<tokio::signal::unix::Signal>; 2],
}

impl Signals {
    #[cfg(unix)]
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self { both: [SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()) }
    }

    #[cfg(not(unix))]
    const fn new() -> Self {
        Self {}
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        let next = self.both.iter_mut().flatten().map(|signal| Box::pin(signal.recv()));
        match next.collect::<Vec<_>>() {
            none if none.is_empty() => std::future::pending().await,
            some => drop(futures::future::select_all(some).await),
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
