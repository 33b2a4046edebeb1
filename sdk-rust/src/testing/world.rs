//! What a cloud is made of, and which one is the current one of a thread.

use super::stage::Stage;
use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeSet,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};
use wasi_cloud_core::{
    Clock, Grants, Link, Links, SharedGrants,
    config::{Config, Fixed},
    keyvalue::KeyValue,
    layer::{Layers, Timeout},
    link::Table,
    messaging::{Delivery, Message, Messaging, Payload},
};
use wasi_cloud_memory::Memory;

/// How long a call lasts at most: as long as on `wasi-cloud-wasmtime`.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// How a cloud differs from a generous one.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    pub(super) grants: Grants,
    /// As `capability:label`.
    pub(super) denied: BTreeSet<String>,
    /// As `capability:label`.
    pub(super) unlinked: BTreeSet<String>,
    pub(super) config: Fixed,
}

impl Default for Plan {
    fn default() -> Self {
        // These rules parse, as the tests see.
        let grants = Grants::parse(["keyvalue:*", "messaging:*", "config:*"]).unwrap_or_default();
        Self { grants, denied: BTreeSet::new(), unlinked: BTreeSet::new(), config: Fixed::default() }
    }
}

/// One cloud.
#[derive(Debug)]
pub(crate) struct World {
    links: Links,
    grants: SharedGrants,
    nothing: SharedGrants,
    denied: BTreeSet<String>,
    /// What is linked, or shall not be: the rest is linked when it is first named.
    settled: Mutex<BTreeSet<String>>,
    layers: Layers,
    clock: Clock,
    memory: Memory,
    stage: Arc<Stage>,
}

impl World {
    pub(super) fn generous() -> Arc<Self> {
        Self::new(Plan::default())
    }

    pub(super) fn new(plan: Plan) -> Arc<Self> {
        let clock = Clock::new_virtual();
        let memory = Memory::with_clock(clock.clone()).with_config(plan.config.0);
        Arc::new_cyclic(|this| Self {
            links: Links::default(),
            grants: plan.grants.shared(),
            nothing: Grants::default().shared(),
            denied: plan.denied,
            settled: Mutex::new(plan.unlinked),
            layers: [Arc::new(Timeout(CALL_TIMEOUT)) as _].into(),
            clock,
            stage: Arc::new(Stage::new(this.clone())),
            memory,
        })
    }

    pub(crate) fn keyvalue(&self, label: &str) -> Link<dyn KeyValue> {
        self.link("keyvalue", label, &self.links.keyvalue, || self.memory.services().keyvalue)
    }

    pub(crate) fn messaging(&self, label: &str) -> Link<dyn Messaging> {
        self.link("messaging", label, &self.links.messaging, || Some(self.stage.clone()))
    }

    pub(crate) fn config(&self) -> Link<dyn Config> {
        self.link("config", "default", &self.links.config, || self.memory.services().config)
    }

    fn link<B: ?Sized + Send + Sync>(
        &self,
        capability: &str,
        label: &str,
        table: &Table<B>,
        backend: impl FnOnce() -> Option<Arc<B>>,
    ) -> Link<B> {
        let name = format!("{capability}:{label}");
        let grants = if self.denied.contains(&name) { &self.nothing } else { &self.grants };
        // Held until the link is there, so that no other thread finds the name settled and the link missing.
        let mut settled = self.settled.lock().unwrap_or_else(PoisonError::into_inner);
        if settled.insert(name)
            && let Some(backend) = backend()
        {
            table.set(label, backend, label, self.layers.clone());
        }
        table.link(label, grants)
    }

    pub(super) fn stage(&self) -> &Stage {
        &self.stage
    }

    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// A message as a handler gets it.
    pub(super) fn received(&self, topic: &str, payload: Payload, reply_to: Option<String>) -> Message {
        let settle = Box::new(super::stage::Settled);
        let delivery = Delivery { topic: topic.to_owned(), payload, reply_to, attempt: 1, settle };
        Message::received(self.messaging(crate::messaging::DEFAULT), &delivery)
    }
}

thread_local! {
    /// Who is current: the last that still lives.
    static ENTERED: RefCell<Vec<Weak<World>>> = const { RefCell::new(Vec::new()) };
    /// The thread's own, if none was entered.
    static OWN: OnceCell<Arc<World>> = const { OnceCell::new() };
}

/// The current cloud of this thread.
pub(crate) fn current() -> Arc<World> {
    let entered = ENTERED.with_borrow_mut(|stack| {
        stack.retain(|world| world.strong_count() > 0);
        stack.last().and_then(Weak::upgrade)
    });
    entered.unwrap_or_else(|| OWN.with(|own| own.get_or_init(World::generous).clone()))
}

/// Makes a cloud the current one of this thread as long as it lives.
pub(super) fn stay(world: &Arc<World>) {
    ENTERED.with_borrow_mut(|stack| stack.push(Arc::downgrade(world)));
}

pub(super) fn enter(world: &Arc<World>) -> Entered<'_> {
    stay(world);
    Entered { world, on_this_thread: PhantomData }
}

/// The cloud stays the current one of this thread until this is dropped.
#[derive(Debug)]
#[must_use = "dropped at once, it has no effect"]
pub struct Entered<'a> {
    world: &'a Arc<World>,
    /// Not `Send`.
    on_this_thread: PhantomData<*const ()>,
}

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        ENTERED.with_borrow_mut(|stack| {
            let own = |entered: &Weak<World>| Weak::as_ptr(entered) == Arc::as_ptr(self.world);
            if let Some(at) = stack.iter().rposition(own) {
                stack.remove(at);
            }
        });
    }
}
