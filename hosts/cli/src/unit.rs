//! A component that is served: its subscriptions, its HTTP address, and the links that all its instances share.

use crate::{
    component::{Component, Listen},
    meters::Meters,
};
use anyhow::{Context, anyhow};
use std::{io, mem, net::SocketAddr};
use tokio::{net::TcpListener, task::JoinSet, time::timeout};
use wasi_cloud::LinkSpec;
use wasi_cloud_core::{Grants, Kind, Link, Links, Registry, SharedGrants, messaging::Messaging};
use wasi_cloud_wasmtime::runtime::{App, HttpOptions, Service};

/// Handles messages and HTTP requests until it is stopped. Dropping it stops it at once.
pub struct Unit {
    component: Component,
    app: App,
    links: Links,
    grants: SharedGrants,
    /// One for each of the component's subscriptions, in their order.
    subscribed: Vec<Service>,
    http: Option<Http>,
}

/// What components are linked to, and what counts how they use it.
pub struct Backends {
    pub registry: Registry,
    pub meters: Option<Meters>,
}

struct Http {
    /// Kept beside the one that is served, so that whoever takes over misses no connection.
    listener: std::net::TcpListener,
    service: Service,
}

/// Connects to what a component is linked to.
pub async fn open(component: &Component, backends: &Backends) -> anyhow::Result<Links> {
    let links = Links::default();
    for link in &component.links {
        let opened = link.open(&backends.registry, &links, component.layers(backends.meters.as_ref()));
        within(component, opened).await.with_context(|| format!("link `{}`", link.name()))?;
    }
    component.configure(&links, backends.meters.as_ref());
    Ok(links)
}

impl Unit {
    /// Subscribes and listens. From `before`, which still serves, it takes over the HTTP address if that is the same.
    pub async fn start(
        component: Component,
        app: App,
        backends: &Backends,
        links: Links,
        grants: SharedGrants,
        before: Option<&Self>,
    ) -> anyhow::Result<Self> {
        let mut unit = Self { component, app, links, grants, subscribed: Vec::new(), http: None };
        let mut listening = None;
        if let Some(address) = unit.component.http {
            let inherited = before.filter(|before| before.component.http == Some(address));
            let inherited = inherited.and_then(|before| before.http.as_ref());
            let listener = match inherited {
                Some(http) => http.listener.try_clone(),
                None => TcpListener::bind(address).await.and_then(TcpListener::into_std),
            };
            let listener = listener
                .with_context(|| format!("cannot answer HTTP at {address}; choose another address with --http"))?;
            listening = Some(listener);
        }
        for at in 0..unit.component.subscriptions.len() {
            match unit.subscribe(&unit.component, &unit.component.subscriptions[at], backends).await {
                Ok(service) => unit.subscribed.push(service),
                Err(why) => {
                    // What the others have taken is finished.
                    tokio::spawn(unit.stop());
                    return Err(why);
                }
            }
        }
        // Last: what has been accepted cannot be handed back.
        if let Some(listener) = listening {
            match unit.answer(listener) {
                Ok(http) => unit.http = Some(http),
                Err(why) => {
                    tokio::spawn(unit.stop());
                    return Err(why);
                }
            }
        }
        Ok(unit)
    }

    /// What it is, with the links that are in force.
    pub fn component(&self) -> &Component {
        &self.component
    }

    /// Its code.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// Takes nothing more, and returns once its handlers are done.
    pub async fn stop(self) {
        let http = self.http.map(|Http { listener, service }| {
            drop(listener);
            service
        });
        drain(self.subscribed.into_iter().chain(http)).await;
    }

    /// Takes from it what these do not grant, from the next call on.
    pub fn narrow(&self, to: &Grants) {
        let both = self.grants.load().as_ref().clone().within(to.clone());
        self.grants.store(both.into());
    }

    /// Changes what it may do, from the next call on.
    pub fn grant(&mut self, rules: Vec<String>, grants: Grants) {
        self.grants.store(grants.into());
        self.component.grants = rules;
    }

    /// Links a label anew while instances run: calls that have begun finish where they are, the next ones take the new
    /// way. A subscription moves with its link: the new one is there before the old one takes no more. The future that
    /// comes back ends once what the old ones were handling is settled, by the broker that it came from.
    ///
    /// # Errors
    /// If the new backend does not answer or lacks what is needed: then the old links stay in force.
    pub async fn relink(
        &mut self,
        link: LinkSpec,
        backends: &Backends,
    ) -> anyhow::Result<impl Future<Output = ()> + Send + use<>> {
        let services = within(&self.component, link.connect(&backends.registry)).await?;
        let mut component = self.component.clone();
        component.link(link.clone());
        let mut moved = Vec::new();
        for (at, listen) in component.subscriptions.iter().enumerate() {
            if link.capability == "messaging" && link.label == listen.link {
                match self.subscribe(&component, listen, backends).await {
                    Ok(service) => moved.push((at, service)),
                    Err(why) => {
                        finish(moved);
                        return Err(why);
                    }
                }
            }
        }
        if let Err(why) = link.set(services, &self.links, component.layers(backends.meters.as_ref())) {
            finish(moved);
            return Err(why.into());
        }
        self.component = component;
        let old: Vec<_> =
            moved.into_iter().map(|(at, service)| mem::replace(&mut self.subscribed[at], service)).collect();
        Ok(drain(old))
    }

    fn answer(&self, listener: std::net::TcpListener) -> anyhow::Result<Http> {
        let (served, bound) = both(&listener).context("cannot answer HTTP")?;
        let limits = &self.component.limits;
        let options = HttpOptions { concurrency: limits.concurrency.into(), request: limits.request_timeout };
        let surroundings = self.component.surroundings(self.links.clone(), self.grants.clone());
        let service = self.app.serve_http(served, surroundings, &options).map_err(|e| anyhow!("{e:#}"))?;
        tracing::info!("answering HTTP at http://{bound}");
        Ok(Http { listener, service })
    }

    async fn subscribe(&self, component: &Component, listen: &Listen, backends: &Backends) -> anyhow::Result<Service> {
        let link = self.route(component, listen, backends).await?;
        let surroundings = component.surroundings(self.links.clone(), self.grants.clone());
        let concurrency = component.limits.concurrency.into();
        let subscribed = self.app.serve_messages_of(link, surroundings, listen.subscription(), concurrency);
        let service = subscribed.await.map_err(|e| match e.kind {
            Kind::AccessDenied => {
                anyhow!("cannot subscribe: it may not read messages; add `--grant messaging:{}:read`", listen.link)
            }
            _ => anyhow::Error::new(e).context("cannot subscribe"),
        })?;
        tracing::info!("handling messages of {}", listen.topics.join(", "));
        Ok(service)
    }

    /// A link of the subscription's own: when the label is switched, what came before is settled, and replied to, where it
    /// came from.
    async fn route(
        &self,
        component: &Component,
        listen: &Listen,
        backends: &Backends,
    ) -> anyhow::Result<Link<dyn Messaging>> {
        let own = Links::default();
        let of_label = |link: &&LinkSpec| link.capability == "messaging" && link.label == listen.link;
        if let Some(link) = component.links.iter().rfind(of_label) {
            let mut services = within(component, link.connect(&backends.registry)).await?;
            if let Some(meters) = &backends.meters {
                services.messaging =
                    services.messaging.map(|broker| meters.messages(broker, &component.name, &listen.link));
            }
            link.set(services, &own, component.layers(backends.meters.as_ref()))?;
        }
        Ok(own.messaging.link(&listen.link, &self.grants))
    }
}

/// In the background: what they have taken from a broker is handled, though they are not wanted after all.
fn finish(moved: Vec<(usize, Service)>) {
    tokio::spawn(drain(moved.into_iter().map(|(_, service)| service)));
}

async fn drain(services: impl IntoIterator<Item = Service> + Send) {
    let mut stopping = JoinSet::new();
    for service in services {
        stopping.spawn(service.stop());
    }
    stopping.join_all().await;
}

/// A listener to serve on, and its address.
fn both(listener: &std::net::TcpListener) -> io::Result<(TcpListener, SocketAddr)> {
    Ok((TcpListener::from_std(listener.try_clone()?)?, listener.local_addr()?))
}

/// A backend has as long to connect as for any call.
async fn within<T>(
    component: &Component,
    call: impl Future<Output = wasi_cloud_core::Result<T>>,
) -> wasi_cloud_core::Result<T> {
    let limit = component.limits.timeout;
    timeout(limit, call).await.unwrap_or_else(|_| {
        let late = format!("the backend did not answer within {limit:?}");
        Err(wasi_cloud_core::Error::new(Kind::Timeout, late))
    })
}
