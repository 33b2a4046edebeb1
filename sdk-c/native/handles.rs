//! What C holds by number.

use crate::abi::trap;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// All open handles of one type. A number is never given out twice, so that one which was closed is noticed.
pub(crate) struct Handles<T> {
    what: &'static str,
    open: Mutex<Open<T>>,
}

struct Open<T> {
    last: i32,
    all: BTreeMap<i32, Arc<T>>,
}

impl<T> Handles<T> {
    pub(crate) const fn new(what: &'static str) -> Self {
        Self { what, open: Mutex::new(Open { last: 0, all: BTreeMap::new() }) }
    }

    pub(crate) fn put(&self, value: T) -> i32 {
        let mut open = self.open();
        let Some(handle) = open.last.checked_add(1) else { trap("this program has opened too many handles") };
        open.last = handle;
        open.all.insert(handle, Arc::new(value));
        handle
    }

    /// What a borrowed handle stands for. Nothing is locked while it is used.
    pub(crate) fn get(&self, handle: i32) -> Arc<T> {
        let found = self.open().all.get(&handle).cloned();
        found.unwrap_or_else(|| self.stale(handle))
    }

    /// What an owned handle stands for, which is closed.
    pub(crate) fn take(&self, handle: i32) -> T {
        let found = self.open().all.remove(&handle);
        let taken = found.unwrap_or_else(|| self.stale(handle));
        Arc::into_inner(taken).unwrap_or_else(|| {
            trap(&format!("{} {handle} is used up while a call in another thread uses it", self.what))
        })
    }

    pub(crate) fn close(&self, handle: i32) {
        let found = self.open().all.remove(&handle);
        found.map_or_else(|| self.stale(handle), drop);
    }

    /// How many are open.
    pub(crate) fn count(&self) -> usize {
        self.open().all.len()
    }

    /// Locks, also after a panic elsewhere: nothing under the lock can panic half way through a change.
    fn open(&self) -> MutexGuard<'_, Open<T>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stale(&self, handle: i32) -> ! {
        trap(&format!("{} {handle} is used after it was closed, or was never opened: a host traps here", self.what))
    }
}
