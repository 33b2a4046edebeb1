//! What a cloud is made of, and which one is the current one of a thread.

use super::stage::Stage;
use std::{
    cell::{OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet},
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use wasi_cloud_core::{
    Clock, Grants, Link, Links, SharedGrants,
    config::{Config, Fixed},
    keyvalue::KeyValue,
    layer::{Fault, FaultPlan, Layer, Layers, Timeout},
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
    /// As `capability:label`; every label that is named, if there is no list.
    pub(super) linked: Option<BTreeSet<String>>,
    pub(super) config: Fixed,
    pub(super) call_timeout: Duration,
}

impl Default for Plan {
    fn default() -> Self {
        // These rules parse, as the tests see.
        let grants = Grants::parse(["keyvalue:*", "messaging:*", "config:*"]).unwrap_or_default();
        Self {
            grants,
            denied: BTreeSet::new(),
            unlinked: BTreeSet::new(),
            linked: None,
            config: Fixed::default(),
            call_timeout: CALL_TIMEOUT,
        }
    }
}

/// One cloud.
#[derive(Debug)]
pub(crate) struct World {
    links: Links,
    grants: SharedGrants,
    nothing: SharedGrants,
    denied: BTreeSet<String>,
    linked: Option<BTreeSet<String>>,
    settled: Mutex<Settled>,
    call_timeout: Duration,
    clock: Clock,
    memory: Memory,
    stage: Arc<Stage>,
}

/// What was decided about names so far, each as `capability:label`.
#[derive(Debug, Default)]
struct Settled {
    /// What is linked, or shall not be: the rest is linked when it is first named.
    names: BTreeSet<String>,
    /// Faults to come; `capability:*` is all labels.
    faults: BTreeMap<String, FaultPlan>,
    /// How often labels were switched: the number of the next empty store.
    switched: u64,
}

impl Settled {
    fn faults(&mut self, name: &str) -> FaultPlan {
        self.faults.entry(name.to_owned()).or_default().clone()
    }
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
            linked: plan.linked,
            settled: Mutex::new(Settled { names: plan.unlinked, ..Settled::default() }),
            call_timeout: plan.call_timeout,
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
        let mut settled = self.settled();
        let wanted = self.linked.as_ref().is_none_or(|linked| linked.contains(&name));
        if wanted
            && settled.names.insert(name)
            && let Some(backend) = backend()
        {
            // No label can spell the scope of another one's empty store.
            let layers = self.layers(&mut settled, capability, label);
            table.set(label, backend, format!("0/{label}"), layers);
        }
        table.link(label, grants)
    }

    fn settled(&self) -> MutexGuard<'_, Settled> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn layers(&self, settled: &mut Settled, capability: &str, label: &str) -> Layers {
        let mut fault = |label: &str| -> Arc<dyn Layer> {
            Arc::new(Fault { plan: settled.faults(&format!("{capability}:{label}")) })
        };
        [Arc::new(Timeout(self.call_timeout)) as _, fault(label), fault("*")].into()
    }

    pub(super) fn grant(&self, grants: Grants) {
        self.grants.store(Arc::new(grants));
    }

    /// Links a label of key-value to a store that nobody wrote to yet.
    pub(super) fn switch(&self, label: &str) {
        let Some(backend) = self.memory.services().keyvalue else { return };
        let mut settled = self.settled();
        settled.names.insert(format!("keyvalue:{label}"));
        settled.switched += 1;
        let scope = format!("{}/{label}", settled.switched);
        let layers = self.layers(&mut settled, "keyvalue", label);
        self.links.keyvalue.set(label, backend, scope, layers);
    }

    pub(super) fn faults(&self, name: &str) -> FaultPlan {
        self.settled().faults(name)
    }

    pub(super) fn heal(&self) -> usize {
        self.settled().faults.values().map(FaultPlan::heal).sum()
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
    ENTERED.with_borrow_mut(|stack| {
        stack.retain(|world| world.strong_count() > 0);
        stack.push(Arc::downgrade(world));
    });
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
