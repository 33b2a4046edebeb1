//! Changes of a bucket: as a backend tells them, and behind the grants of whoever watches.

use super::KeyValue;
use crate::{
    call::{Access, Call},
    error::{Kind, Result},
    link::Link,
};
use async_trait::async_trait;

/// One change of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The key was written (KV-WATCH-01).
    Set {
        /// The key.
        key: String,
        /// The value that this write wrote.
        value: Vec<u8>,
    },
    /// The key was removed (KV-WATCH-02).
    Deleted {
        /// The key.
        key: String,
    },
}

impl Change {
    /// Which key changed.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Set { key, .. } | Self::Deleted { key } => key,
        }
    }
}

/// What changes in one bucket, from the moment that this exists. Dropping it ends it.
#[async_trait]
pub trait Changes: Send {
    /// The next change; waits for ever if none comes. Cancel-safe. The changes of one key come in the order in which they
    /// took place, none twice (KV-WATCH-S01); a backend that declares `watch-every` leaves none out (KV-WATCH-S05). An error
    /// leaves this usable: the caller may ask again after a pause, and what changed meanwhile may be missing.
    async fn next(&mut self) -> Result<Change>;
}

/// A backend's changes behind the watcher's grant. Each change is the operation `watch` on its key.
pub(super) struct Guarded {
    link: Link<dyn KeyValue>,
    inner: Box<dyn Changes>,
    /// Taken from the backend and not handed over yet: a cancelled `next`, or a layer that failed, loses nothing.
    pending: Option<Change>,
}

impl Guarded {
    pub(super) fn new(link: Link<dyn KeyValue>, inner: Box<dyn Changes>) -> Self {
        Self { link, inner, pending: None }
    }
}

pub(super) fn call<'a>(link: &'a Link<dyn KeyValue>, key: &'a str) -> Call<'a> {
    Call { capability: "keyvalue", op: "watch", access: Access::Read, label: link.label(), key, idempotent: true }
}

#[async_trait]
impl Changes for Guarded {
    async fn next(&mut self) -> Result<Change> {
        let Self { link, inner, pending } = self;
        loop {
            let Some(held) = pending.as_ref() else {
                // The waiting itself is no call: it has no deadline.
                *pending = Some(inner.next().await?);
                continue;
            };
            if let Err(e) = link.run(call(link, held.key()), |_| async { Ok(()) }).await {
                // What happens while it may not be seen is never told.
                if e.kind == Kind::AccessDenied {
                    *pending = None;
                }
                return Err(e);
            }
            if let Some(change) = pending.take() {
                return Ok(change);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Grants, SharedGrants,
        describe::{Description, Durability, feature},
        keyvalue::{Bucket, Condition, Entry, Page, PutOptions, Version},
        layer::{Fault, FaultPlan, FaultRule, Moment},
        link::Table,
    };
    use futures::FutureExt;
    use std::sync::{Arc, Mutex};
    use tokio::sync::mpsc;

    /// A store whose one bucket changes as the test says, and that does nothing else.
    struct Store(Description, Mutex<Option<mpsc::UnboundedReceiver<Change>>>);
    struct Told(mpsc::UnboundedReceiver<Change>);

    #[async_trait]
    impl Changes for Told {
        async fn next(&mut self) -> Result<Change> {
            Ok(self.0.recv().await.expect("the test goes on"))
        }
    }

    #[async_trait]
    impl KeyValue for Store {
        fn describe(&self) -> &Description {
            &self.0
        }
        async fn open(&self, _: &str) -> Result<()> {
            Ok(())
        }
        async fn get(&self, _: &str, _: &str) -> Result<Option<Vec<u8>>> {
            Ok(None)
        }
        async fn entry(&self, _: &str, _: &str) -> Result<Option<Entry>> {
            Ok(None)
        }
        async fn put(&self, _: &str, _: &str, _: &[u8], _: &PutOptions) -> Result<Version> {
            Ok(Version(String::new()))
        }
        async fn delete(&self, _: &str, _: &str, _: &Condition) -> Result<bool> {
            Ok(false)
        }
        async fn list(&self, _: &str, _: &str, _: Option<&str>, _: Option<usize>) -> Result<Page> {
            Ok(Page::default())
        }
        async fn increment(&self, _: &str, _: &str, delta: i64) -> Result<i64> {
            Ok(delta)
        }
        async fn watch(&self, _: &str) -> Result<Box<dyn Changes>> {
            let changes = self.1.lock().expect("lock").take().expect("one watcher");
            Ok(Box::new(Told(changes)))
        }
    }

    struct Bench {
        send: mpsc::UnboundedSender<Change>,
        grants: SharedGrants,
        faults: FaultPlan,
        changes: Box<dyn Changes>,
    }

    async fn bench() -> Bench {
        let (send, changes) = mpsc::unbounded_channel();
        let offered = Description::new(Durability::Process, [feature::WATCHER], []);
        let (table, faults) = (Table::new("keyvalue"), FaultPlan::default());
        let store: Arc<dyn KeyValue> = Arc::new(Store(offered, Mutex::new(Some(changes))));
        table.set("in", store, "", Arc::new([Arc::new(Fault { plan: faults.clone() }) as _]));
        let grants = Grants::parse(["keyvalue:in:read"]).expect("parses").shared();
        let bucket = Bucket::open(table.link("in", &grants)).await.expect("opened");
        let changes = bucket.watch().await.expect("watched");
        Bench { send, grants, faults, changes }
    }

    fn set(key: &str) -> Change {
        Change::Set { key: key.into(), value: vec![1] }
    }

    #[tokio::test]
    async fn a_revoked_grant_hides_changes_and_a_new_one_shows_the_later_ones() {
        let mut b = bench().await;
        b.send.send(set("one")).expect("sent");
        assert_eq!(b.changes.next().await.expect("granted"), set("one"));
        b.grants.store(Arc::new(Grants::default()));
        b.send.send(set("hidden")).expect("sent");
        assert_eq!(b.changes.next().await.expect_err("revoked").kind, Kind::AccessDenied);
        b.grants.store(Arc::new(Grants::parse(["keyvalue:in"]).expect("parses")));
        b.send.send(Change::Deleted { key: "one".into() }).expect("sent");
        assert_eq!(b.changes.next().await.expect("granted again").key(), "one");
    }

    #[tokio::test]
    async fn what_a_cancelled_or_failed_next_had_taken_comes_with_the_following_one() {
        let mut b = bench().await;
        for moment in [Moment::Hang, Moment::Before] {
            b.faults.push(FaultRule { capability: "keyvalue".into(), op: "watch".into(), nth: 0, moment });
        }
        b.send.send(set("one")).expect("sent");
        assert!(b.changes.next().now_or_never().is_none(), "it hangs in a layer and is cancelled");
        assert_eq!(b.changes.next().await.expect_err("a layer fails").kind, Kind::Unavailable);
        assert_eq!(b.changes.next().await.expect("the same change"), set("one"));
    }
}
