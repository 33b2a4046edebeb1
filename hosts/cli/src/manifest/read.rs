//! From the shape of a manifest to components: what is wrong is gathered, so that all of it is told at once.

use super::{
    Declared, Problem,
    shape::{self, Limits, Number, Part, Secret, Shape, Subscription, Text},
};
use crate::{
    args,
    claims::Trust,
    component::{Bounds, Component, Listen},
    secrets::{Field, Place, Places, named},
};
use std::{
    collections::BTreeMap,
    net::SocketAddr,
    ops::{Range, RangeInclusive},
    time::Duration,
};
use toml::Spanned;
use url::Url;
use wasi_cloud::LinkSpec;
use wasi_cloud_core::{Access, Grants, Registry, layer::Retry};
use wasi_cloud_wasmtime::runtime::Folder;

pub struct Reader<'a> {
    registry: &'a Registry,
    secrets: Places,
    pub trust: Trust,
    pub problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// The backends of `registry` are those that there are.
    pub fn new(registry: &'a Registry) -> Self {
        Self { registry, secrets: Places::default(), trust: Trust::default(), problems: Vec::new() }
    }

    pub fn read(&mut self, shape: Shape) -> (BTreeMap<String, Declared>, Places, Option<SocketAddr>) {
        let is_vault_known = shape.vault.is_some();
        for (name, secret) in shape.secrets {
            self.secret(name.into_inner(), secret, is_vault_known);
        }
        // Its token is one of the secrets.
        self.secrets.vault = shape.vault.and_then(|vault| self.vault(&vault.url));
        self.trust(shape.trust);
        if shape.components.is_empty() {
            self.problem(0..0, "it has no component; add [components.NAME] with `file`, `links` and `grants`");
        }
        let mut components: BTreeMap<String, Declared> = BTreeMap::new();
        for (name, part) in shape.components {
            self.name(&name);
            let declared = self.component(name.get_ref(), part);
            let address = declared.component.http.filter(|address| address.port() != 0);
            let other = components.iter().find(|(_, other)| address.is_some() && other.component.http == address);
            if let (Some((other, _)), Some(at)) = (other, &declared.http) {
                let why = format!("`{other}` answers HTTP at this address; choose another port");
                self.problem(at.clone(), why);
            }
            components.insert(name.into_inner(), declared);
        }
        let admin = shape.admin.and_then(|admin| self.text(&admin.listen, args::address));
        (components, std::mem::take(&mut self.secrets), admin)
    }

    fn problem(&mut self, at: Range<usize>, what: impl Into<String>) {
        self.problems.push(Problem { at, what: what.into() });
    }

    fn trust(&mut self, trust: shape::Trust) {
        for path in &trust.keys {
            if let Err(why) = self.trust.add(path.get_ref().as_ref()) {
                self.problem(path.span(), format!("{why:#}"));
            }
        }
        if let Some(require) = trust.require {
            self.trust.require = *require.get_ref();
            if self.trust.require && trust.keys.is_empty() {
                let why = "no key is trusted, so that no component could be signed; add keys = [\"public.pem\"]";
                self.problem(require.span(), why);
            }
        }
    }

    fn secret(&mut self, name: String, secret: Spanned<Secret>, is_vault_known: bool) {
        let at = secret.span();
        let place = match secret.into_inner() {
            Secret { env: Some(name), file: None, vault: None } => Place::Env(name),
            Secret { env: None, file: Some(path), vault: None } => Place::File(path),
            Secret { env: None, file: None, vault: Some(text) } => match field(&text) {
                Some(_) if !is_vault_known => {
                    let why = "say where Vault is: add [vault] with `url = \"vault://host:8200?secret=NAME\"`, NAME being \
                        another secret, the token";
                    return self.problem(at, why);
                }
                Some(field) => Place::Vault(field),
                None => {
                    let why = "name a secret by its path, and a field of it: `vault = \"secret/app/db#password\"`";
                    return self.problem(at, why);
                }
            },
            _ => {
                let why =
                    "say where the secret is: one of `env = \"NAME\"`, `file = \"path\"` and `vault = \"path#field\"`";
                return self.problem(at, why);
            }
        };
        self.secrets.named.insert(name, place);
    }

    /// Where Vault is: a server, as links name it.
    fn vault(&mut self, text: &Text) -> Option<Url> {
        let url = Url::parse(text.get_ref()).ok().filter(|url| ["vault", "vault+tls"].contains(&url.scheme()));
        let Some(url) = url.filter(|url| url.path().trim_matches('/').is_empty()) else {
            self.problem(text.span(), "write `vault://host:8200` or `vault+tls://host:8200`, and no path");
            return None;
        };
        match named(text.get_ref()).map(|name| self.secrets.named.get(&name)) {
            Some(None) => self.problem(text.span(), "there is no secret of this name; add it to [secrets]"),
            Some(Some(Place::Vault(_))) => {
                self.problem(text.span(), "the token of Vault cannot be in Vault; give it by `env` or `file`");
            }
            _ => {
                if let Some(why) = self.registry.elsewhere(url.scheme()) {
                    self.problem(text.span(), why);
                }
            }
        }
        Some(url)
    }

    /// Names are in logs, metrics and commands.
    fn name(&mut self, name: &Text) {
        let text = name.get_ref();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if text.is_empty() || text.len() > 64 || !text.chars().all(plain) {
            let why = "a component's name has 1 to 64 letters, digits, `-`, `_` and `.`";
            self.problem(name.span(), why);
        }
    }

    fn component(&mut self, name: &str, part: Part) -> Declared {
        let file = part.file.span();
        let mut component = Component::new(name.to_owned(), part.file.into_inner().into());
        component.grants = self.each(&part.grants, grant);
        // Those that are wrong have been told of.
        let grants = Grants::parse(&component.grants).unwrap_or_default();
        for text in &part.links {
            if let Some(link) = self.link(text, &grants) {
                if component.links.iter().any(|other| other.names_same(&link)) {
                    self.problem(text.span(), format!("`{}` is linked already; leave one of the two out", link.name()));
                }
                component.links.push(link);
            }
        }
        let mut subscriptions = Vec::new();
        for subscription in part.subscriptions {
            let at = subscription.span();
            let listen = self.listen(subscription.into_inner());
            if let Err(why) = listenable(&listen, &component.links, &grants) {
                self.problem(at.clone(), why);
            }
            subscriptions.push(at);
            component.subscriptions.push(listen);
        }
        for label in &part.watches {
            if let Err(why) = watchable(label.get_ref(), &component.links, &grants) {
                self.problem(label.span(), why);
            }
            if component.watches.contains(label.get_ref()) {
                self.problem(label.span(), "it watches this label already; leave one of the two out");
            }
            component.watches.push(label.get_ref().clone());
        }
        if let Some(config) = part.config {
            if !grants.allow("config", "default", Access::Read) {
                let why = "its configuration is not granted to it; add \"config:default\" to `grants`";
                self.problem(config.span(), why);
            }
            component.config = config.into_inner();
        }
        component.http = part.http.as_ref().and_then(|text| self.text(text, args::address));
        component.folders = self.each(&part.dirs, |text| args::folder(text).and_then(there));
        component.folders.extend(self.each(&part.dirs_ro, |text| args::read_only(text).and_then(there)));
        component.env = part.env.into_iter().collect();
        component.args = part.args;
        component.limits = self.bounds(&part.limits);
        component.limit = self.number(part.layers.limit, 1..=1_000_000, 0).try_into().ok();
        component.retry = part.layers.retry.map(|retry| Retry {
            times: self.number(Some(retry.times), 1..=100, 1),
            pause: self.time(retry.pause.as_ref(), Duration::from_millis(50)),
        });
        let watches = part.watches.iter().map(Spanned::span).collect();
        Declared { component, file, http: part.http.map(|text| text.span()), subscriptions, watches }
    }

    fn link(&mut self, text: &Text, grants: &Grants) -> Option<LinkSpec> {
        let link: LinkSpec = self.text(text, |text| text.parse().map_err(|e: wasi_cloud_core::Error| e.message))?;
        if let Some((url, scheme)) = link.url.as_ref().zip(link.scheme()) {
            let known = self.registry.schemes();
            if !known.contains(&scheme) {
                // What is before the colon may be a user's name, unless it is a scheme of ours.
                let why = self
                    .registry
                    .elsewhere(scheme)
                    .unwrap_or_else(|| format!("no backend serves such a URL; this build has: {}", known.join(", ")));
                self.problem(text.span(), why);
            }
            if let Some(secret) = named(url).filter(|name| !self.secrets.named.contains_key(name)) {
                let why = format!("there is no secret `{secret}`; add `{secret} = {{ env = \"NAME\" }}` to [secrets]");
                self.problem(text.span(), why);
            }
        }
        if let Err(why) = usable(&link, grants) {
            self.problem(text.span(), why);
        }
        Some(link)
    }

    fn listen(&mut self, subscription: Subscription) -> Listen {
        let usual = Listen::default();
        if let Some(dead_letter) = &subscription.dead_letter {
            if subscription.group.is_none() {
                let why = "dead letters are those of a group; add group = \"NAME\" to this subscription";
                self.problem(dead_letter.span(), why);
            }
            if subscription.topics.contains(dead_letter.get_ref()) {
                let why = "it is among `topics`, so that a dead letter would come again; name another topic";
                self.problem(dead_letter.span(), why);
            }
        }
        Listen {
            link: subscription.link.unwrap_or(usual.link),
            topics: subscription.topics,
            group: subscription.group,
            max_deliveries: self.number(subscription.max_deliveries, 1..=1_000_000, usual.max_deliveries),
            dead_letter: subscription.dead_letter.map(Text::into_inner),
        }
    }

    fn bounds(&mut self, limits: &Limits) -> Bounds {
        let usual = Bounds::default();
        Bounds {
            memory: self.number(limits.memory.clone(), 1..=4096, usual.memory),
            deadline: self.time(limits.deadline.as_ref(), usual.deadline),
            timeout: self.time(limits.timeout.as_ref(), usual.timeout),
            request_timeout: self.time(limits.request_timeout.as_ref(), usual.request_timeout),
            concurrency: self.number(limits.concurrency.clone(), 1..=200, usual.concurrency),
            reuse: self.number(limits.reuse.clone(), 1..=1_000_000, usual.reuse),
            handles: self.number(limits.handles.clone(), 1..=1_000_000, usual.handles),
            message_size: limits.message_size.clone().map(|size| self.number(Some(size), 1..=1 << 30, 1)),
        }
    }

    fn text<T>(&mut self, text: &Text, parse: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        parse(text.get_ref()).map_err(|why| self.problem(text.span(), why)).ok()
    }

    fn each<T>(&mut self, texts: &[Text], parse: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        texts.iter().filter_map(|text| self.text(text, &parse)).collect()
    }

    fn time(&mut self, text: Option<&Text>, usual: Duration) -> Duration {
        text.and_then(|text| self.text(text, args::duration)).unwrap_or(usual)
    }

    fn number<T: TryFrom<i64>>(&mut self, number: Option<Number>, range: RangeInclusive<i64>, usual: T) -> T {
        let Some(number) = number else { return usual };
        let (from, to) = (range.start(), range.end());
        match T::try_from(*number.get_ref()) {
            Ok(value) if range.contains(number.get_ref()) => value,
            _ => {
                self.problem(number.span(), format!("write a number from {from} to {to}"));
                usual
            }
        }
    }
}

/// A rule that parses. What is none may be a URL in the wrong place, so it is not repeated.
fn grant(text: &str) -> Result<String, String> {
    if text.contains(['=', '/']) {
        return Err(
            "a grant is `capability:label`, with `:read` or `:write` to narrow it; links go into `links`".into()
        );
    }
    args::grant(text)
}

fn there(folder: Folder) -> Result<Folder, String> {
    if folder.host.is_dir() {
        return Ok(folder);
    }
    Err(format!("`{}` is not a folder of this machine; make it, or name another", folder.host.display()))
}

/// `path#field`, the path with a mount and more.
fn field(text: &str) -> Option<Field> {
    let (path, name) = text.split_once('#')?;
    let is_path = path.contains('/') && path.split('/').all(|part| !["", ".", ".."].contains(&part));
    (is_path && !name.is_empty()).then(|| Field { path: path.to_owned(), name: name.to_owned() })
}

/// Whether a component with these grants can use the link at all.
pub fn usable(link: &LinkSpec, grants: &Grants) -> Result<(), String> {
    if grants.allow(link.capability, &link.label, Access::Open) {
        return Ok(());
    }
    let grant = link.grant().unwrap_or_else(|| link.name());
    Err(format!("nothing is granted on `{}`; add {grant:?} to `grants`, or {:?}", link.name(), format!("{grant}:read")))
}

/// Whether a component can subscribe so.
pub fn listenable(listen: &Listen, links: &[LinkSpec], grants: &Grants) -> Result<(), String> {
    let label = &listen.link;
    if !links.iter().any(|link| link.capability == "messaging" && link.label == *label) {
        return Err(format!("nothing is linked to `messaging:{label}`; add \"messaging:{label}=URL\" to `links`"));
    }
    if !grants.allow("messaging", label, Access::Read) {
        return Err(format!(
            "it may not read messages of `messaging:{label}`; add \"messaging:{label}:read\" to `grants`"
        ));
    }
    Ok(())
}

/// Whether a component can be told of what changes behind a label.
pub fn watchable(label: &str, links: &[LinkSpec], grants: &Grants) -> Result<(), String> {
    if !links.iter().any(|link| link.capability == "keyvalue" && link.label == *label) {
        return Err(format!("nothing is linked to `keyvalue:{label}`; add \"keyvalue:{label}=URL\" to `links`"));
    }
    if !grants.allow("keyvalue", label, Access::Read) {
        return Err(format!("it may not read `keyvalue:{label}`; add \"keyvalue:{label}:read\" to `grants`"));
    }
    Ok(())
}
