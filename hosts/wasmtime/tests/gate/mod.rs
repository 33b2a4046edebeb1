//! A store on which a test decides when it answers.

#![allow(dead_code, reason = "each test file uses some")]

use async_trait::async_trait;
use std::sync::Arc;
use tokio::sync::{Semaphore, watch};
use wasi_cloud_core::{
    Description, Error, Kind, Result,
    describe::Durability,
    keyvalue::{Condition, Entry, KeyValue, Page, PutOptions, Version},
};

/// Lets a call through once for each permit of its kind, and finds a byte under every key.
pub struct Gate {
    pub opens: Semaphore,
    pub gets: Semaphore,
    /// How many calls of `get` have come so far.
    pub came: watch::Sender<usize>,
    description: Description,
}

impl Gate {
    /// Nothing goes through yet.
    pub fn closed() -> Arc<Self> {
        let description = Description::new(Durability::Process, [], []);
        let (opens, gets) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(Self { opens, gets, came: watch::Sender::new(0), description })
    }
}

async fn through(permits: &Semaphore) -> Result<()> {
    let closed = |_| Error::new(Kind::Unavailable, "the gate is closed for ever");
    permits.acquire().await.map(tokio::sync::SemaphorePermit::forget).map_err(closed)
}

#[async_trait]
impl KeyValue for Gate {
    fn describe(&self) -> &Description {
        &self.description
    }
    async fn open(&self, _: &str) -> Result<()> {
        through(&self.opens).await
    }
    async fn get(&self, _: &str, _: &str) -> Result<Option<Vec<u8>>> {
        self.came.send_modify(|came| *came += 1);
        through(&self.gets).await.map(|()| Some(vec![7]))
    }
    async fn entry(&self, _: &str, _: &str) -> Result<Option<Entry>> {
        unreachable!()
    }
    async fn put(&self, _: &str, _: &str, _: &[u8], _: &PutOptions) -> Result<Version> {
        unreachable!()
    }
    async fn delete(&self, _: &str, _: &str, _: &Condition) -> Result<bool> {
        unreachable!()
    }
    async fn list(&self, _: &str, _: &str, _: Option<&str>, _: Option<usize>) -> Result<Page> {
        unreachable!()
    }
    async fn increment(&self, _: &str, _: &str, _: i64) -> Result<i64> {
        unreachable!()
    }
}
