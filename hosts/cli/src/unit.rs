//! A component that is served: its subscriptions, its HTTP address, and the links that all its instances share.

use crate::{
    component::{Component, Listen},
    draining::{Draining, Held, drain},
    meters::Meters,
    secrets,
};
use anyhow::{Context, anyhow};
use std::{io, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, time::timeout};
use wasi_cloud::LinkSpec;
use wasi_cloud_core::{
    Grants, Kind, Link, Links, Registry, Services, SharedGrants, layer::Trace, messaging::Messaging,
};
use wasi_cloud_wasmtime::runtime::{App, HttpOptions, Service};

/// Handles messages and HTTP requests until it is stopped. When it is dropped, what its subscriptions have taken is still finished;
/// connections are closed.
pub struct Unit {
    component: Component,
    app: App,
    links: Links,
    /// In force.
    grants: SharedGrants,
    /// By its own manifest.
    granted: Grants,
    /// One for each of the component's subscriptions, in their order, and then one for each label that it watches.
    subscribed: Held,
    http: Option<Http>,
}

/// What components are linked to, and what counts how they use it.
pub struct Backends {
    pub registry: Registry,
    /// Those of a manifest, which may have to be asked for before a link connects.
    pub secrets: Arc<secrets::Declared>,
    pub meters: Option<Meters>,
    /// What is not wanted any more, or is not wanted after all.
    pub draining: Draining,
}

impl Backends {
    /// Connects to what a link names, which has as long as for any call of the component.
    async fn connect(&self, component: &Component, link: &LinkSpec) -> wasi_cloud_core::Result<Services> {
        let connected = async {
            if let Some(url) = &link.url {
                self.secrets.fetch(url).await;
            }
            link.connect(&self.registry).await
        };
        let limit = component.limits.timeout;
        timeout(limit, connected).await.unwrap_or_else(|_| {
            let late = format!("the backend did not answer within {limit:?}");
            Err(wasi_cloud_core::Error::new(Kind::Timeout, late))
        })
    }
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
        let failed = || format!("link `{}`", link.name());
        let services = backends.connect(component, link).await.with_context(failed)?;
        let layers = component.layers(Trace::of(link.system()), backends.meters.as_ref());
        link.set(component.bounded(services), &links, layers).with_context(failed)?;
    }
    component.configure(&links, backends.meters.as_ref());
    Ok(links)
}

impl Unit {
    /// Subscribes and listens: where `inherited` does, if somebody still serves at its HTTP address.
    pub async fn start(
        component: Component,
        app: App,
        backends: &Backends,
        links: Links,
        grants: SharedGrants,
        inherited: Option<std::net::TcpListener>,
    ) -> anyhow::Result<Self> {
        let granted = grants.load().as_ref().clone();
        let subscribed = Held::new(backends.draining.clone());
        let mut unit = Self { component, app, links, grants, granted, subscribed, http: None };
        let mut listening = None;
        if let Some(address) = unit.component.http {
            let listener = match inherited {
                Some(listener) => Ok(listener),
                None => TcpListener::bind(address).await.and_then(TcpListener::into_std),
            };
            let listener = listener
                .with_context(|| format!("cannot answer HTTP at {address}; choose another address with --http"))?;
            listening = Some(listener);
        }
        // If this fails or is given up, what some of it have taken already is finished.
        unit.take(listening, backends).await?;
        Ok(unit)
    }

    /// Begins to take messages, and then requests: what has been accepted cannot be handed back.
    async fn take(&mut self, listening: Option<std::net::TcpListener>, backends: &Backends) -> anyhow::Result<()> {
        for listen in &self.component.subscriptions {
            let service = self.subscribe(&self.component, listen, backends).await?;
            self.subscribed.push(service);
        }
        for label in &self.component.watches {
            let service = self.watch(&self.component, label, backends).await?;
            self.subscribed.push(service);
        }
        self.http = listening.map(|listener| self.answer(listener)).transpose()?;
        Ok(())
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
        drain(self.subscribed.take().into_iter().chain(http).collect()).await;
    }

    /// Where it answers HTTP, by its description, for whoever takes over.
    pub fn listening(&self) -> io::Result<Option<(SocketAddr, std::net::TcpListener)>> {
        let Some((address, http)) = self.component.http.zip(self.http.as_ref()) else { return Ok(None) };
        Ok(Some((address, http.listener.try_clone()?)))
    }

    /// Takes from it what these do not grant, from the next call on, and gives back what was taken from it so before.
    pub fn narrow(&self, to: &Grants) {
        self.grants.store(to.clone().within(self.granted.clone()).into());
    }

    /// Gives back all that was taken from it so.
    pub fn restore(&self) {
        self.grants.store(self.granted.clone().into());
    }

    /// Changes what it may do, from the next call on.
    pub fn grant(&mut self, rules: Vec<String>, grants: Grants) {
        self.granted = grants.clone();
        self.grants.store(grants.into());
        self.component.grants = rules;
    }

    /// Links a label anew while instances run: calls that have begun finish where they are, the next ones take the new
    /// way. A subscription moves with its link, and so does a watcher: the new one is there before the old one takes no more. The future that
    /// comes back ends once what the old ones were handling is settled, by the broker that it came from.
    ///
    /// # Errors
    /// If the new backend does not answer or lacks what is needed: then the old links stay in force.
    pub async fn relink(
        &mut self,
        link: LinkSpec,
        backends: &Backends,
    ) -> anyhow::Result<impl Future<Output = ()> + Send + use<>> {
        let services = backends.connect(&self.component, &link).await?;
        let mut component = self.component.clone();
        component.link(link.clone());
        let (places, moved) = self.switch(&link, services, &component, backends).await?;
        self.component = component;
        let moved = places.into_iter().zip(moved.take());
        Ok(drain(moved.map(|(at, service)| self.subscribed.replace(at, service)).collect()))
    }

    /// Subscribes and watches by the new link where its label is subscribed to or watched, and then links. Returns what is to take whose
    /// places.
    async fn switch(
        &self,
        link: &LinkSpec,
        services: Services,
        component: &Component,
        backends: &Backends,
    ) -> anyhow::Result<(Vec<usize>, Held)> {
        // If this fails or is given up, what the new ones have taken is handled, though they are not wanted after all.
        let (mut places, mut moved) = (Vec::new(), Held::new(backends.draining.clone()));
        for (at, listen) in component.subscriptions.iter().enumerate() {
            if link.capability == "messaging" && link.label == listen.link {
                moved.push(self.subscribe(component, listen, backends).await?);
                places.push(at);
            }
        }
        for (at, label) in (component.subscriptions.len()..).zip(&component.watches) {
            if link.capability == "keyvalue" && link.label == *label {
                moved.push(self.watch(component, label, backends).await?);
                places.push(at);
            }
        }
        link.set(
            component.bounded(services),
            &self.links,
            component.layers(Trace::of(link.system()), backends.meters.as_ref()),
        )?;
        Ok((places, moved))
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

    /// On a link of its own, as a subscription: who is told of a change by one store does not look it up in another.
    async fn watch(&self, component: &Component, label: &str, backends: &Backends) -> anyhow::Result<Service> {
        let own = Links::default();
        let of_label = |link: &&LinkSpec| link.capability == "keyvalue" && link.label == label;
        if let Some(link) = component.links.iter().rfind(of_label) {
            let services = backends.connect(component, link).await?;
            link.set(
                component.bounded(services),
                &own,
                component.layers(Trace::of(link.system()), backends.meters.as_ref()),
            )?;
        }
        let surroundings = component.surroundings(self.links.clone(), self.grants.clone());
        let watching = self.app.watch(own.keyvalue.link(label, &self.grants), surroundings);
        let service = watching.await.map_err(|e| match e.kind {
            Kind::AccessDenied => anyhow!("cannot watch: it may not read; add `--grant keyvalue:{label}:read`"),
            _ => anyhow::Error::new(e).context(format!("cannot watch `keyvalue:{label}`")),
        })?;
        tracing::info!("telling of changes in keyvalue:{label}");
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
            let mut services = backends.connect(component, link).await?;
            if let Some(meters) = &backends.meters {
                services.messaging =
                    services.messaging.map(|broker| meters.messages(broker, &component.name, &listen.link));
            }
            link.set(
                component.bounded(services),
                &own,
                component.layers(Trace::of(link.system()), backends.meters.as_ref()),
            )?;
        }
        Ok(own.messaging.link(&listen.link, &self.grants))
    }
}

/// A listener to serve on, and its address.
fn both(listener: &std::net::TcpListener) -> io::Result<(TcpListener, SocketAddr)> {
    Ok((TcpListener::from_std(listener.try_clone()?)?, listener.local_addr()?))
}
