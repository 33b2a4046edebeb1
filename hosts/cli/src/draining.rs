//! What takes nothing more and finishes what it has taken.

use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::{runtime::Handle, task::JoinSet};
use wasi_cloud_wasmtime::runtime::Service;

/// All that finishes, in one place, so that whoever ends the process can wait for it. Dropping the last of its clones ends all of it.
#[derive(Debug, Clone, Default)]
pub struct Draining(Arc<Mutex<JoinSet<()>>>);

impl Draining {
    /// Sees that this is finished.
    pub fn spawn(&self, finishing: impl Future<Output = ()> + Send + 'static) {
        // Without a runtime nothing goes on that could finish.
        let Ok(runtime) = Handle::try_current() else { return };
        let mut all = self.lock();
        // Those that have finished.
        while all.try_join_next().is_some() {}
        all.spawn_on(finishing, &runtime);
    }

    /// Returns once all of it has finished, also what is added meanwhile.
    pub async fn finished(&self) {
        loop {
            let mut all = mem::take(&mut *self.lock());
            if all.join_next().await.is_none() {
                return;
            }
            while all.join_next().await.is_some() {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Services that finish what they have taken also when whoever makes more of them fails, or is given up.
#[derive(Debug)]
pub struct Held {
    services: Vec<Service>,
    draining: Draining,
}

impl Held {
    /// None yet.
    pub const fn new(draining: Draining) -> Self {
        Self { services: Vec::new(), draining }
    }

    pub fn push(&mut self, service: Service) {
        self.services.push(service);
    }

    /// Puts one in the place of another, and returns the other.
    pub fn replace(&mut self, at: usize, service: Service) -> Service {
        mem::replace(&mut self.services[at], service)
    }

    /// From here on it is the caller who ends them.
    pub fn take(mut self) -> Vec<Service> {
        mem::take(&mut self.services)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let left = mem::take(&mut self.services);
        if !left.is_empty() {
            self.draining.spawn(drain(left));
        }
    }
}

/// Stops them all at once, and returns when the last one has finished.
pub async fn drain(services: Vec<Service>) {
    let mut stopping: JoinSet<_> = services.into_iter().map(Service::stop).collect();
    while stopping.join_next().await.is_some() {}
}
