//! Threads that own connections: SQLite blocks, and no thread of tokio's may.
//!
//! One thread writes, since a file has one writer at a time anyway, and a few read, which in WAL mode wait for nobody.

use crate::error::{Effect, Stop, gone, late, refused};
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::sync::oneshot;
use wasi_cloud_core::{Error, Kind, Result};

type Job = Box<dyn FnOnce(&Connection) + Send>;

/// How often a writer asks for the lock that another process has.
const AGAIN: Duration = Duration::from_micros(500);

/// How long a writer that had to wait steps back before it asks again: long enough for all who ask meanwhile.
const STEP_BACK: Duration = Duration::from_millis(1);

/// For how many writes it does so, after the last for which it had to wait.
const COURTEOUS: u32 = 32;

/// The threads of one store. They end, and their connections close, once this is dropped and their work is done.
pub(crate) struct Workers {
    writes: Sender<Job>,
    reads: Sender<Job>,
    /// From a call to the lock that it needs, the time in the queue included.
    patience: Duration,
    /// Writes that are still to step back.
    courtesy: Arc<AtomicU32>,
}

/// Opens a connection, on the thread that will own it.
pub(crate) type Open = Arc<dyn Fn() -> Result<Connection> + Send + Sync>;

impl Workers {
    /// A writer and `readers` readers; without any, the writer reads too. Connections are opened before it returns, the
    /// writer's first.
    pub(crate) async fn start(writer: Open, reader: Open, readers: usize, patience: Duration) -> Result<Self> {
        let (writes, queue) = mpsc::channel();
        spawn("sqlite-writer", writer, Arc::new(Mutex::new(queue))).await?;
        let mut reads = writes.clone();
        if readers > 0 {
            let (sender, queue) = mpsc::channel();
            let queue = Arc::new(Mutex::new(queue));
            for _ in 0..readers {
                spawn("sqlite-reader", reader.clone(), queue.clone()).await?;
            }
            reads = sender;
        }
        Ok(Self { writes, reads, patience, courtesy: Arc::default() })
    }

    /// Runs `work`, each of whose statements sees what was committed when it began.
    pub(crate) async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        self.call(&self.reads, Effect::Read, move |connection, until| {
            let left = until.saturating_duration_since(Instant::now());
            connection.busy_timeout(left).map_err(|e| refused(e, Effect::Read))?;
            work(connection).map_err(Stop::into_error)
        })
        .await
    }

    /// Runs `work` in a transaction that holds the write lock from its beginning, so that what it reads still holds when
    /// it writes. It is durable when this returns, or undone if `work` fails.
    pub(crate) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, Stop> + Send + 'static,
    ) -> Result<T> {
        let courtesy = self.courtesy.clone();
        self.call(&self.writes, Effect::Write, move |connection, until| {
            let transaction = lock(connection, until, &courtesy)?;
            let done = work(&transaction).map_err(Stop::into_error)?;
            transaction.commit().map_err(|e| refused(e, Effect::Write))?;
            Ok(done)
        })
        .await
    }

    /// A caller that goes away meanwhile leaves nothing open: what has begun is finished, the rest does not begin.
    async fn call<T: Send + 'static>(
        &self,
        to: &Sender<Job>,
        effect: Effect,
        work: impl FnOnce(&Connection, Instant) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let (until, waits) = (Instant::now() + self.patience, !self.patience.is_zero());
        let job: Job = Box::new(move |connection| {
            if reply.is_closed() {
                return;
            }
            let done = if waits && Instant::now() >= until { Err(late()) } else { work(connection, until) };
            // Nobody waits for it any more.
            let _ = reply.send(done);
        });
        to.send(job).map_err(|_| gone(Effect::Read))?;
        answer.await.unwrap_or_else(|_| Err(gone(effect)))
    }
}

/// Begins a transaction with the write lock, at the latest `until` then.
///
/// SQLite's own wait comes to ask ten times a second, and so misses the moments between the writes of busy processes:
/// beside three of them a write waited 1.3 s, where this one waited 0.07 s. Nor does the lock go round by itself: who has
/// just committed is the first to ask again, and on a slow disk the others would starve. So whoever had to wait steps back.
fn lock<'a>(connection: &'a Connection, until: Instant, courtesy: &AtomicU32) -> Result<Transaction<'a>> {
    connection.busy_timeout(Duration::ZERO).map_err(|e| refused(e, Effect::Read))?;
    // The one writer alone counts.
    let left = courtesy.load(Ordering::Relaxed);
    if left > 0 {
        courtesy.store(left - 1, Ordering::Relaxed);
        thread::sleep(STEP_BACK.min(until.saturating_duration_since(Instant::now())));
    }
    loop {
        match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
            Err(e) if e.sqlite_error_code() == Some(ErrorCode::DatabaseBusy) && Instant::now() < until => {
                courtesy.store(COURTEOUS, Ordering::Relaxed);
                thread::sleep(AGAIN);
            }
            done => return done.map_err(|e| refused(e, Effect::Read)),
        }
    }
}

async fn spawn(name: &str, open: Open, queue: Arc<Mutex<Receiver<Job>>>) -> Result<()> {
    let (ready, opened) = oneshot::channel();
    let run = move || match open() {
        Ok(connection) => {
            if ready.send(Ok(())).is_ok() {
                while let Some(job) = next(&queue) {
                    job(&connection);
                }
            }
        }
        // Nobody waits for it any more.
        Err(e) => drop(ready.send(Err(e))),
    };
    thread::Builder::new()
        .name(name.to_owned())
        .spawn(run)
        .map_err(|e| Error::new(Kind::Unavailable, "no thread could be started").with_source(e))?;
    opened.await.unwrap_or_else(|_| Err(gone(Effect::Read)))
}

/// One of the waiting threads waits for a job, the others for it. Jobs run without the lock.
fn next(queue: &Mutex<Receiver<Job>>) -> Option<Job> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
