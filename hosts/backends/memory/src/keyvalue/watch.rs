//! Who is told of changes. A change is told under the store's lock, so in the order in which changes took place.

use async_trait::async_trait;
use std::collections::HashMap;
use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};
use wasi_cloud_core::{
    Error, Kind, Result,
    keyvalue::{Change, Changes},
};

/// How many changes wait for a watcher that is behind: at most 1 GiB of them, at a MiB each.
const WAITING: usize = 1024;

/// The watchers by bucket.
#[derive(Default)]
pub(super) struct Watchers(HashMap<String, Sender<Change>>);

impl Watchers {
    pub(super) fn add(&mut self, bucket: &str) -> Waiting {
        // Whoever comes finds out who has gone.
        self.0.retain(|_, sender| sender.receiver_count() > 0);
        let sender = self.0.entry(bucket.to_owned()).or_insert_with(|| broadcast::channel(WAITING).0);
        Waiting(sender.subscribe())
    }

    pub(super) fn set(&self, bucket: &str, key: &str, value: &[u8]) {
        self.tell(bucket, || Change::Set { key: key.to_owned(), value: value.to_vec() });
    }

    pub(super) fn deleted(&self, bucket: &str, key: &str) {
        self.tell(bucket, || Change::Deleted { key: key.to_owned() });
    }

    /// A change is made only for those who watch.
    fn tell(&self, bucket: &str, change: impl FnOnce() -> Change) {
        if let Some(sender) = self.0.get(bucket).filter(|sender| sender.receiver_count() > 0) {
            // It cannot fail but for watchers that have left just now.
            let _ = sender.send(change());
        }
    }
}

/// What one watcher has not been told yet.
pub(super) struct Waiting(Receiver<Change>);

#[async_trait]
impl Changes for Waiting {
    async fn next(&mut self) -> Result<Change> {
        match self.0.recv().await {
            Ok(change) => Ok(change),
            Err(RecvError::Lagged(missed)) => Err(Error::new(
                Kind::Unavailable,
                format!("{missed} changes were not told: more than {WAITING} waited for this watcher"),
            )),
            Err(RecvError::Closed) => Err(Error::new(Kind::Unavailable, "the store is gone")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_watcher_that_is_too_far_behind_is_told_so_and_goes_on() {
        let mut watchers = Watchers::default();
        let mut behind = watchers.add("b");
        for i in 0..=WAITING {
            watchers.set("b", &i.to_string(), b"");
        }
        let missed = behind.next().await.expect_err("one is missing");
        assert!(missed.message.starts_with("1 changes"), "{missed}");
        assert_eq!(behind.next().await.expect("the next").key(), "1");
    }

    #[test]
    fn nothing_stays_of_watchers_that_have_gone() {
        let mut watchers = Watchers::default();
        drop(watchers.add("gone"));
        let kept = watchers.add("kept");
        assert_eq!(watchers.0.len(), 1);
        drop(kept);
    }
}
