//! The SQLite backend of wasi-cloud: key-value in a file, with nothing to install or start.
//!
//! # URLs
//!
//! - `sqlite:///absolute/path.db`: a file, made with permissions for its owner alone if it is not there. Its folder must
//!   be there.
//! - `sqlite:relative/path.db`: the same, from the current folder on.
//! - `sqlite::memory:`: in this process, for as long as the store is open.
//!
//! `%XX` stands for a byte of the path, as in `sqlite:100%25.db`. Options: `busy-timeout=MS` sets how long a call waits
//! for its turn, while another program holds the file (5,000 ms; at most an hour; afterwards `timeout`, and nothing has
//! changed); `max-size=BYTES` limits the file (64 KiB or more; at the limit, writes are `quota`, while reads and deletes
//! go on). Beside the file SQLite keeps a log of up to about 16 MiB after large batches (`-wal`), and an index of it
//! (`-shm`); the limit does not count them, and a copy of the file needs both or a store that was closed.
//!
//! # Key-value
//!
//! Several processes may use one file, on one machine: SQLite's log needs memory that they share, which network file
//! systems do not have. Readers wait for nobody; writers wait for each other. A write is on the disk when it returns
//! (`synchronous=FULL`). Batches are all or nothing. A host that loses its power, or is killed, loses no write that
//! returned.
//!
//! The table is plain: `sqlite3 file.db 'select bucket, key, value from keyvalue'` shows what is there. Values are the
//! bytes that were written, as a blob; counters are decimal text in one. Bucket and key are columns of text, compared
//! byte by byte, so no name is escaped. Other programs may write too: leave `version` out, or as it is, and triggers in
//! the file give the row a new one, so conditional writes notice even a write of the same bytes. What they write as
//! text or number is read as the bytes of its text; a name that is no UTF-8 text of at most 1,024 bytes is not listed.
//!
//! Versions are numbers of one sequence that is part of the file: none comes back, whatever is deleted. To put an older
//! copy of the file in its place turns the sequence back, too; restart what holds versions then.
//!
//! `expires` is when a key's life ends, in milliseconds since 1970 on the machine's calendar; set forward, that ends
//! lives early. An expired key is absent at once, for every process. Its row goes with one of the next writes, of which
//! each removes up to 64.

mod database;
mod error;
mod keyvalue;
mod options;
mod time;
mod worker;

use async_trait::async_trait;
use options::{Options, Place};
use std::{num::NonZeroUsize, sync::Arc, thread};
use url::Url;
use wasi_cloud_core::{Clock, Provider, Result, Services, describe::Durability, keyvalue::KeyValue, provider::Secrets};
use worker::{Open, Workers};

/// Most threads that read one file: more would wait for the same disk.
const READERS: usize = 4;

/// The provider of `sqlite:` URLs.
#[derive(Debug, Clone, Default)]
pub struct Sqlite {
    clock: Clock,
}

impl Sqlite {
    /// On the machine's calendar.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Keys expire by `clock`. A virtual one must not share a file with another clock: each would remove what has
    /// expired by its own time.
    #[must_use]
    pub const fn with_clock(clock: Clock) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl Provider for Sqlite {
    fn schemes(&self) -> &'static [&'static str] {
        &["sqlite"]
    }

    /// Opens the file, and makes it and its tables if there are none. Each call opens a store of its own, and
    /// `sqlite::memory:` an empty one.
    ///
    /// # Errors
    /// `invalid` for a URL that this crate cannot read and for a file of another program, `unsupported` for a file of a
    /// newer schema, `unavailable` where the file cannot be made or written, `timeout` while another program holds it,
    /// `other` if it is damaged. None of them changes the file.
    async fn open(&self, url: &Url, _: &dyn Secrets) -> Result<Services> {
        let options = options::parse(url)?;
        let keyvalue: Arc<dyn KeyValue> = Arc::new(store(options, self.clock.clone()).await?);
        Ok(Services { keyvalue: Some(keyvalue), ..Services::default() })
    }
}

async fn store(options: Options, clock: Clock) -> Result<keyvalue::Store> {
    let (durability, readers) = match options.place {
        Place::Memory => (Durability::Process, 0),
        Place::File(_) => {
            (Durability::Durable, thread::available_parallelism().map_or(1, NonZeroUsize::get).min(READERS))
        }
    };
    let (patience, options) = (options.patience, Arc::new(options));
    let writer: Open = Arc::new({
        let options = options.clone();
        move || database::writer(&options)
    });
    let reader: Open = Arc::new(move || database::reader(&options));
    let workers = Workers::start(writer, reader, readers, patience).await?;
    Ok(keyvalue::Store::new(workers, durability, clock))
}
