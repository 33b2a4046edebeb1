//! Stores, files and other processes for the tests.

use rusqlite::Connection;
use std::{
    env,
    future::Future,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
};
use url::Url;
use wasi_cloud_core::{
    Clock, Provider, Result,
    keyvalue::{Condition, KeyValue, PutOptions, Version},
    provider::EnvSecrets,
};
use wasi_cloud_sqlite::Sqlite;

/// Tells this program that it is a child, and of what kind.
pub const CHILD: &str = "WASI_CLOUD_SQLITE_TEST_CHILD";
const ARGUMENT: &str = "WASI_CLOUD_SQLITE_TEST_ARGUMENT";

pub type Store = Arc<dyn KeyValue>;

/// Whether it is a failure that a test cannot run here.
pub fn is_required(what: &str) -> bool {
    env::var("CLOUD_CONFORMANCE_REQUIRE").unwrap_or_default().split(',').any(|word| word.trim() == what)
}

pub fn block_on<T>(test: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime").block_on(test)
}

/// The store in a file, with a clock and options such as `?busy-timeout=100`.
pub async fn try_open(path: &Path, options: &str, clock: &Clock) -> Result<Store> {
    let url = Url::from_file_path(path).expect("an absolute path");
    let url = Url::parse(&format!("sqlite://{}{options}", url.path())).expect("a URL");
    let services = Sqlite::with_clock(clock.clone()).open(&url, &EnvSecrets).await?;
    Ok(services.keyvalue.expect("a store"))
}

pub async fn open(path: &Path) -> Store {
    try_open(path, "", &Clock::default()).await.expect("it opens")
}

/// Another program's connection.
pub fn foreign(path: &Path) -> Connection {
    Connection::open(path).expect("a connection")
}

pub fn when(condition: Condition) -> PutOptions {
    PutOptions { condition, ttl: None }
}

pub async fn set(store: &Store, key: &str, value: impl AsRef<[u8]>) -> Version {
    store.put("b", key, value.as_ref(), &PutOptions::default()).await.expect("a put")
}

pub async fn get(store: &Store, key: &str) -> Option<Vec<u8>> {
    store.get("b", key).await.expect("an answer")
}

/// This program as another process, its standard output in a pipe. It is killed when this is dropped.
pub struct Process(pub Child);

impl Process {
    pub fn start(kind: &str, argument: &str) -> Self {
        let mut command = Command::new(env::current_exe().expect("this program"));
        command.env(CHILD, kind).env(ARGUMENT, argument).stdout(Stdio::piped());
        Self(command.spawn().expect("it starts"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a child was told.
pub fn argument() -> String {
    env::var(ARGUMENT).expect("an argument")
}
