//! What becomes of one message: an instance handles it, and the broker is told.

use super::{
    App, Ending, Env, Runtime,
    app::{failed, full},
    instance::{self, Limited, State},
    service::{unreturned, within},
    span::Doing,
};
use crate::bindings::{Service, ServicePre};
use std::{
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::OwnedSemaphorePermit;
use wasi_cloud_core::{
    Link,
    messaging::{Delivery, Disposition, Message, Messaging},
};
use wasmtime::{Store, component::Resource};

/// How often idle instances are let go, so that they keep others from no place for longer.
pub(super) const REST: Duration = Duration::from_secs(1);

/// What handles messages, many at once.
pub(super) struct Handler {
    pub(super) runtime: Runtime,
    pre: ServicePre<State>,
    name: Arc<str>,
    env: Box<dyn Fn() -> Env + Send + Sync>,
    link: Link<dyn Messaging>,
    /// Those that may handle one message more. None, unless [`Limits::reuse`](super::Limits::reuse) says so.
    idle: Mutex<Vec<Instance>>,
}

/// An instance, and how many messages it may still handle.
struct Instance {
    store: Store<State>,
    service: Service,
    left: u32,
    _place: OwnedSemaphorePermit,
}

impl Handler {
    pub(super) fn new(
        app: &App,
        pre: ServicePre<State>,
        link: Link<dyn Messaging>,
        env: Box<dyn Fn() -> Env + Send + Sync>,
    ) -> Self {
        let (runtime, name) = (app.runtime.clone(), app.name.clone());
        Self { runtime, pre, name, env, link, idle: Mutex::default() }
    }

    /// Handles, gives its place to the next message, and settles: ok is an ack (MSG-M06), all else a nack, and the next
    /// message comes all the same (MSG-HAND-03, MSG-HAND-04).
    pub(super) async fn handle(self: Arc<Self>, delivery: Delivery, place: Option<OwnedSemaphorePermit>) {
        let doing = Doing::message(&self.name, &self.link, &delivery);
        doing.instrument(self.handle_as(delivery, place, &doing)).await;
    }

    async fn handle_as(&self, delivery: Delivery, place: Option<OwnedSemaphorePermit>, doing: &Doing) {
        let ending = self.call(&delivery).await;
        drop(place);
        doing.ended(&ending);
        let disposition = match ending {
            Ending::Exited(0) => Disposition::Ack,
            _ => Disposition::Nack,
        };
        if disposition == Disposition::Nack {
            tracing::warn!(topic = delivery.topic, attempt = delivery.attempt, "the handler {ending}");
        }
        if let Err(e) = within(self.runtime.limits.call, delivery.settle.settle(disposition)).await {
            doing.failed("unsettled");
            tracing::warn!(topic = delivery.topic, kind = e.kind.name(), "the message could not be settled: {e}");
        }
    }

    /// Lets go of the instances that wait for a message.
    pub(super) fn rest(&self) {
        let idle = mem::take(&mut *self.idle());
        drop(idle);
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Instance>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `handle`: in a fresh instance, unless an earlier one may be used again.
    async fn call(&self, delivery: &Delivery) -> Ending {
        let idle = self.idle().pop();
        // One that was left with no room for a message has had its last one.
        let given = match idle.and_then(|idle| self.give(idle, delivery).ok()) {
            Some(given) => Ok(given),
            None => self.instance().await.and_then(|fresh| self.give(fresh, delivery)),
        };
        let (mut instance, message) = match given {
            Ok(given) => given,
            Err(ending) => return ending,
        };
        let Instance { store, service, left, .. } = &mut instance;
        match service.wasi_messaging_incoming_handler().call_handle(&mut *store, message).await {
            Ok(Ok(())) => {
                *left -= 1;
                if *left > 0 && !store.data().out_of_memory() {
                    self.idle().push(instance);
                }
                Ending::Exited(0)
            }
            Ok(Err(e)) => {
                tracing::warn!(topic = delivery.topic, "the handler returned {e}");
                Ending::Exited(1)
            }
            Err(e) => unreturned(failed(store, &e, Ending::Trapped)),
        }
    }

    /// Puts a message among the handles of an instance. One that has no room for it is gone, and so is its place.
    fn give(&self, mut instance: Instance, delivery: &Delivery) -> Result<(Instance, Resource<Message>), Ending> {
        let message = Message::received(self.link.clone(), delivery);
        let given = instance.store.data_mut().table().push(message);
        given.map(|message| (instance, message)).map_err(|e| Ending::Failed(e.to_string()))
    }

    async fn instance(&self) -> Result<Instance, Ending> {
        let Some(place) = self.runtime.next_place().await else { return Err(full(&self.runtime)) };
        let mut store = instance::store(&self.runtime, (self.env)())?;
        let service = self.pre.instantiate_async(&mut store).await;
        let service = service.map_err(|e| unreturned(failed(&store, &e, Ending::Failed)))?;
        Ok(Instance { store, service, left: self.runtime.limits.reuse.max(1), _place: place })
    }
}
