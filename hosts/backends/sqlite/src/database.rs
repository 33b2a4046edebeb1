//! Opening: whose file it is, its tables, and how every connection is set.

use crate::{
    error::{Effect, refused},
    options::{Options, Place},
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};
use wasi_cloud_core::{Error, Kind, Result};

/// Marks a file as ours: `wckv`.
const APPLICATION: i32 = 0x7763_6b76;
/// The only schema so far.
const SCHEMA: i32 = 1;
/// How large the log beside the file may stay, in bytes, after a batch made it larger.
const LOG: u64 = 16 << 20;
/// How often to ask again for what SQLite does not wait for by itself.
const AGAIN: Duration = Duration::from_millis(10);

/// Opens the connection that writes, and makes the file and its tables if there are none.
pub(crate) fn writer(options: &Options) -> Result<Connection> {
    let mut connection = match &options.place {
        Place::Memory => Connection::open_in_memory().map_err(read)?,
        Place::File(path) => {
            create(path)?;
            file(path)?
        }
    };
    connection.busy_timeout(options.patience).map_err(read)?;
    // Asked before anything is written: what is not ours is left alone.
    is_ours(&connection.transaction().map_err(read)?)?;
    set(&connection, options)?;
    if let Place::File(_) = options.place {
        log_ahead(&connection, options.patience)?;
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(read)?;
    // Asked again: another process may have been faster.
    if !is_ours(&transaction)? {
        transaction.execute_batch(include_str!("schema.sql")).map_err(read)?;
        transaction.pragma_update(None, "application_id", APPLICATION).map_err(read)?;
        transaction.pragma_update(None, "user_version", SCHEMA).map_err(read)?;
    }
    transaction.commit().map_err(read)?;
    Ok(connection)
}

/// Opens a connection that only reads a file that a [`writer`] made.
pub(crate) fn reader(options: &Options) -> Result<Connection> {
    let Place::File(path) = &options.place else {
        return Err(Error::new(Kind::Other, "the data in memory has one connection"));
    };
    let connection = file(path)?;
    connection.busy_timeout(options.patience).map_err(read)?;
    set(&connection, options)?;
    connection.pragma_update(None, "query_only", true).map_err(read)?;
    Ok(connection)
}

/// Makes an empty file that nobody else may read. SQLite gives the files that it puts beside it the same permissions.
fn create(path: &Path) -> Result<()> {
    let mut options = std::fs::OpenOptions::new();
    // Never opens a file that is there: closing it again would release the locks that this process holds on it.
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            let why = format!("`{}` cannot be created: {error}; its folder must be there", path.display());
            Err(Error::new(Kind::Unavailable, why))
        }
    }
}

fn file(path: &Path) -> Result<Connection> {
    // No mutex of its own: each connection stays on one thread.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(read)?;
    // SQLite opens what it may not write for reading.
    if connection.is_readonly("main").map_err(read)? {
        return Err(Error::new(Kind::Unavailable, format!("`{}` may not be written", path.display())));
    }
    Ok(connection)
}

/// Whether the file is a store of ours; if not, it is empty, or this is an error.
fn is_ours(on: &Transaction<'_>) -> Result<bool> {
    let number = |name: &str| on.pragma_query_value(None, name, |row| row.get::<_, i32>(0)).map_err(read);
    let tables: i64 = on.query_row("select count(*) from sqlite_schema", [], |row| row.get(0)).map_err(read)?;
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION, SCHEMA) => Ok(true),
        (APPLICATION, newer) => Err(Error::new(
            Kind::Unsupported,
            format!("the file has schema {newer}, and this build knows {SCHEMA} only; use a newer one"),
        )),
        (0, 0) if tables == 0 => Ok(false),
        _ => Err(Error::new(Kind::Invalid, "the file is a database of another program; name another file")),
    }
}

fn set(connection: &Connection, options: &Options) -> Result<()> {
    let pragma = |name: &str, value: u64| {
        // Some answer with what they are then, some do not.
        connection.pragma_update_and_check(None, name, value as i64, |_| Ok(())).or_else(|e| match e {
            rusqlite::Error::QueryReturnedNoRows => Ok(()),
            e => Err(read(e)),
        })
    };
    // Each commit is on the disk before it returns, on macOS too.
    connection.pragma_update(None, "synchronous", "full").map_err(read)?;
    connection.pragma_update(None, "fullfsync", true).map_err(read)?;
    // A damaged or hostile file must not run code that this program offers SQLite.
    connection.pragma_update(None, "trusted_schema", false).map_err(read)?;
    pragma("journal_size_limit", LOG)?;
    if let Some(bytes) = options.max_size {
        let page: u64 =
            connection.pragma_query_value(None, "page_size", |row| row.get::<_, i64>(0)).map_err(read)? as u64;
        pragma("max_page_count", (bytes / page).min(u64::from(u32::MAX - 1)))?;
    }
    Ok(())
}

/// Write-ahead logging: readers and the writer do not wait for each other. Stays on in the file.
fn log_ahead(connection: &Connection, patience: Duration) -> Result<()> {
    let began = Instant::now();
    loop {
        let mode = connection.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match mode.map_err(read) {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(_) => {
                return Err(Error::new(Kind::Unavailable, "this file system has no shared memory for SQLite's log"));
            }
            // Another process is switching it, which SQLite does not wait for.
            Err(error) if error.kind == Kind::Timeout && began.elapsed() < patience => thread::sleep(AGAIN),
            Err(error) => return Err(error),
        }
    }
}

/// What fails while opening changed nothing that anybody asked for.
fn read(error: rusqlite::Error) -> Error {
    refused(error, Effect::Read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(connection: &Connection, pragma: &str) -> i64 {
        connection.pragma_query_value(None, pragma, |row| row.get(0)).expect(pragma)
    }

    #[test]
    fn every_commit_is_synced_and_readers_cannot_write() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let place = Place::File(folder.path().join("a.db"));
        let options = Options { place, patience: Duration::from_secs(1), max_size: Some(1 << 20) };
        let (writer, reader) = (writer(&options).expect("opens"), reader(&options).expect("opens"));
        // 2 is FULL. No test that kills a process would see a difference: the system keeps what was not synced.
        for (pragma, value) in [("synchronous", 2), ("fullfsync", 1), ("trusted_schema", 0), ("max_page_count", 256)] {
            assert_eq!(asked(&writer, pragma), value, "{pragma}");
        }
        let mode: String = writer.pragma_query_value(None, "journal_mode", |row| row.get(0)).expect("a mode");
        assert_eq!(mode, "wal");
        assert!(reader.execute_batch("delete from keyvalue").is_err());
        assert!(writer.execute_batch("delete from keyvalue").is_ok());
    }
}
