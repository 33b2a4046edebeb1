//! From what a user calls a host to something that the suite can deploy on.

mod foreign;
mod given;
mod names;
mod pair;
mod places;
mod script;
mod sdk;
mod target;

use crate::{
    bench::Deadlines,
    corpus::Corpus,
    host::{
        Altitude, Control, Declared, Host, HostDescription,
        direct::Direct,
        embedded::Embedded,
        profiles::described,
        stage::{Honest, Subject, Tamper},
    },
    language::Language,
    mutants,
    pattern::nearest,
    plan::Declaration,
    service::{Service, server_of},
};
use anyhow::{Context, anyhow, bail};
pub use foreign::{Foreign, built_in as foreign_hosts, is_foreign};
pub use given::Given;
pub use names::quoted;
pub(crate) use names::shown;
use places::Private;
pub use sdk::Sdk;
use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    sync::Arc,
};
pub use target::Target;
use url::Url;
use wasi_cloud_core::{Clock, Services};

/// The declarations that come with the suite, by name.
const DECLARATIONS: [(&str, &str); 13] = [
    ("etcd", include_str!("../hosts/etcd.toml")),
    ("kafka", include_str!("../hosts/kafka.toml")),
    ("memory", include_str!("../hosts/memory.toml")),
    ("mqtt", include_str!("../hosts/mqtt.toml")),
    ("nats", include_str!("../hosts/nats.toml")),
    ("postgres", include_str!("../hosts/postgres.toml")),
    ("rabbitmq", include_str!("../hosts/rabbitmq.toml")),
    ("redis", include_str!("../hosts/redis.toml")),
    ("redis-pubsub", include_str!("../hosts/redis-pubsub.toml")),
    ("sqlite", include_str!("../hosts/sqlite.toml")),
    ("sqlite-memory", include_str!("../hosts/sqlite-memory.toml")),
    ("vault", include_str!("../hosts/vault.toml")),
    ("zookeeper", include_str!("../hosts/zookeeper.toml")),
];

/// Hosts that people name by their declarations, and how they are given.
const GIVEN_AS: [(&str, &str); 3] = [
    ("jco", "--host conformance/hosts/jco.toml"),
    ("redis-pubsub", "--host redis --url 'redis://HOST?delivery=pubsub'"),
    ("sqlite-memory", "--host sqlite::memory:"),
];

/// The hosts that the suite starts by itself, whether this build has a backend for them or not.
pub fn hosts() -> impl Iterator<Item = &'static str> {
    // What has a `-` is a host with an option in its URL.
    DECLARATIONS.iter().map(|(name, _)| *name).filter(|name| !name.contains('-'))
}

/// Whether this is, line by line, a declaration that comes with the suite.
pub(crate) fn declares(text: &str) -> bool {
    DECLARATIONS.iter().any(|(_, declaration)| declaration.lines().eq(text.lines()))
}

/// Why the host of that name, one that comes with the suite, cannot be started here, with what to do; nothing if it can. `ids` are
/// those that its file may name.
pub(crate) fn missing(name: &str, ids: &BTreeSet<String>) -> anyhow::Result<Option<String>> {
    if is_foreign(name) {
        return Ok(Foreign::here(name, ids).err().map(|why| format!("{why:#}")));
    }
    if !known()?.contains(name) {
        return Ok(Some(unbuilt(name)));
    }
    Ok(server_of(name).filter(|server| !server.is_here()).map(|server| server.install().to_owned()))
}

/// A backend that is ready, and all that reports need to say of it.
pub struct Prepared {
    subject: Subject,
    capabilities: BTreeMap<String, Declared>,
    controls: BTreeSet<Control>,
    notes: Vec<String>,
    version: String,
    /// The name of its declaration.
    declared_as: String,
    /// How the command line names it, without secrets.
    pub spelled: String,
    /// What must appear in no report.
    pub secrets: Vec<String>,
    /// The capabilities that it serves itself.
    own: Vec<&'static str>,
    private: Option<Private>,
}

/// What a host's name means.
struct Meaning {
    name: String,
    url: Url,
    tamper: Arc<dyn Tamper>,
    private: Option<Private>,
    notes: Vec<String>,
    spelled: String,
}

/// Makes a host ready: `memory`, `etcd`, `kafka`, `mqtt`, `nats`, `postgres`, `rabbitmq`, `redis`, `sqlite`, `vault`, `zookeeper`,
/// a URL, or `mutant:NAME`. `url` overrides where the backend is. Starts a private server, or makes private files, where the name asks for that.
///
/// # Errors
/// An unknown name, a URL that no backend serves, a server that does not start or does not answer.
pub async fn prepare(name: String, url: Option<String>) -> anyhow::Result<Prepared> {
    let meaning = meaning(&name, url.as_deref()).await?;
    let backend = places::deploy(&meaning.url, meaning.private.as_ref());
    let shown = names::redacted(&meaning.url);
    let secrets = names::secrets(&meaning.url);
    let first = backend()?;
    let services = (first.connect)().await.map_err(|why| {
        let why = names::without(&why.to_string(), &secrets);
        anyhow!("`{shown}` cannot be used: {why}")
    })?;
    let rest = wasi_cloud::registry(&Clock::default())?.services("memory").await?;
    let mut notes = meaning.notes;
    let own = own(&services);
    notes.push(sources(meaning.url.scheme(), &own));
    let subject = Subject { name: meaning.name, backend, rest: rest.clone(), tamper: meaning.tamper };
    Ok(Prepared {
        capabilities: subject.tamper.describes(described(&together(&subject, services, rest))),
        controls: controls(first.foreign.is_some()),
        notes,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        declared_as: names::declaration(&meaning.url),
        spelled: meaning.spelled,
        secrets,
        own,
        subject,
        private: meaning.private,
    })
}

async fn meaning(name: &str, url: Option<&str>) -> anyhow::Result<Meaning> {
    if let Some(mutant) = name.strip_prefix("mutant:") {
        return mutant_meaning(name, mutant, url);
    }
    let honest = |name: &str, url: Url, spelled: String| Meaning {
        name: name.to_owned(),
        url,
        tamper: Arc::new(Honest),
        private: None,
        notes: Vec::new(),
        spelled,
    };
    let known: Vec<&str> = known()?.into_iter().collect();
    match url {
        Some(url) => {
            let url = Url::parse(url).map_err(|why| anyhow!("`--url` is not a URL: {why}"))?;
            if !known.contains(&name) {
                bail!(unknown(name)?);
            }
            let scheme = url.scheme().to_owned();
            if name != scheme && name != names::backend(&scheme) {
                bail!("`--url` is a `{scheme}:` URL, which the host `{name}` does not serve");
            }
            let spelled = format!("{} --url {}", names::quoted(name), names::quoted(&names::replayable(&url)));
            // A scheme is another word for what is behind it, and a certificate has one name for a host.
            Ok(honest(names::backend(&scheme), url, spelled))
        }
        None if name == "memory" => Ok(honest(name, Url::parse("memory://")?, name.to_owned())),
        None if let Some(server) = server_of(name).filter(|_| known.contains(&name)) => {
            let service = Service::start(server).await?;
            let url = Url::parse(service.url())?;
            let (program, version) = (server.name(), service.version());
            let note = format!("{program} {version}, started for this run on {}", names::redacted(&url));
            let private = Some(Private::Server(Box::new(service)));
            Ok(Meaning { private, notes: vec![note], ..honest(name, url, name.to_owned()) })
        }
        None if name == "sqlite" => {
            let private = Some(Private::files().context("no folder for private files")?);
            let note = "private files with a virtual clock, removed after this run".to_owned();
            Ok(Meaning { private, notes: vec![note], ..honest(name, Url::parse("sqlite://")?, name.to_owned()) })
        }
        None if name.contains(':') => {
            let url = Url::parse(name).map_err(|why| anyhow!("the host is not a URL: {why}"))?;
            let (scheme, spelled) = (url.scheme().to_owned(), names::quoted(&names::replayable(&url)));
            let name = names::backend(&scheme);
            if server_of(name).is_some() && !known.contains(&name) {
                bail!(unbuilt(name));
            }
            Ok(honest(name, url, spelled))
        }
        None if known.contains(&name) => bail!("say where `{name}` is: `--url {name}://...`"),
        None => bail!(unknown(name)?),
    }
}

/// Backends and schemes of this build: `rabbitmq` as well as its `amqp`.
fn known() -> anyhow::Result<BTreeSet<&'static str>> {
    let schemes = wasi_cloud::registry(&Clock::default())?.schemes();
    Ok(schemes.into_iter().flat_map(|scheme| [names::backend(scheme), scheme]).collect())
}

fn mutant_meaning(name: &str, mutant: &str, url: Option<&str>) -> anyhow::Result<Meaning> {
    let at = Url::parse(url.unwrap_or("memory://")).context("`--url` is not a URL")?;
    let all = mutants::all()?;
    let found = all.iter().find(|candidate| candidate.name == mutant);
    let near = nearest(mutant, all.iter().map(|candidate| &*candidate.name));
    let found = found.with_context(|| {
        let mutant = names::shown(mutant);
        format!("there is no mutant `{mutant}`{near} (see `cloud-conformance list --mutants`)")
    })?;
    let given = url.map(|_| format!(" --url {}", names::quoted(&names::replayable(&at))));
    Ok(Meaning {
        name: name.to_owned(),
        url: at,
        tamper: found.tamper.clone(),
        private: None,
        notes: vec![format!("a host with a defect: {}", found.bug)],
        spelled: names::quoted(name) + &given.unwrap_or_default(),
    })
}

/// Why a name means no host of this build, and what would.
fn unknown(name: &str) -> anyhow::Result<String> {
    if server_of(name).is_some() {
        return Ok(unbuilt(name));
    }
    if let Some((_, given)) = GIVEN_AS.iter().find(|(known, _)| *known == name) {
        return Ok(format!("the host `{name}` is given as `{given}`"));
    }
    let schemes = wasi_cloud::registry(&Clock::default())?.schemes();
    let hosts: BTreeSet<_> = schemes.into_iter().map(names::backend).chain(foreign_hosts()).collect();
    let near = nearest(name, hosts.iter().copied());
    let (name, hosts) = (names::shown(name), hosts.into_iter().collect::<Vec<_>>().join(", "));
    Ok(format!(
        "there is no host `{name}`{near}; give one of {hosts}, the TOML file of another (`cloud-conformance init` writes \
         one), a URL, or mutant:NAME"
    ))
}

fn unbuilt(name: &str) -> String {
    format!("this build has no backend for `{name}`: build it with `--features cloud-conformance/{name}`")
}

/// What a backend serves itself, of what it can.
fn own(services: &Services) -> Vec<&'static str> {
    let there = [("keyvalue", services.keyvalue.is_some()), ("messaging", services.messaging.is_some())];
    there.into_iter().filter_map(|(word, there)| there.then_some(word)).collect()
}

/// Which capability comes from where. Config is always the deployment's own.
fn sources(scheme: &str, own: &[&str]) -> String {
    let other: Vec<_> = ["keyvalue", "messaging"].into_iter().filter(|word| !own.contains(word)).collect();
    let rest = if other.is_empty() { String::new() } else { format!("{} from a memory store; ", other.join(", ")) };
    format!("{} from {scheme}; {rest}config from the host itself", own.join(", "))
}

/// The backends that guests will meet, mutations included.
fn together(subject: &Subject, own: Services, rest: Services) -> Services {
    let tamper = &subject.tamper;
    Services {
        keyvalue: own.keyvalue.or(rest.keyvalue).map(|backend| tamper.keyvalue(backend)),
        messaging: own.messaging.or(rest.messaging).map(|backend| tamper.messaging(backend)),
        config: None,
    }
}

/// What the suite can do to our own host, and whether to its backend past it.
pub(crate) fn controls(foreign: bool) -> BTreeSet<Control> {
    use Control::{Fault, Foreign, Grant, Restart, Serve, Switch, Time, Trace};
    let ours = [Grant, Switch, Restart, Time, Serve, Fault, Trace];
    ours.into_iter().chain(foreign.then_some(Foreign)).collect()
}

/// Where a host has to conform: with guests of every language that this build has guests in, and our own without any as well.
///
/// # Errors
/// If the guests of this build cannot be read.
pub fn altitudes(of_a_program: bool) -> anyhow::Result<Vec<Altitude>> {
    let languages = Corpus::languages()?.into_iter();
    Ok(if of_a_program {
        languages.map(Altitude::Command).collect()
    } else {
        iter::once(Altitude::Direct).chain(languages.map(Altitude::Embedded)).collect()
    })
}

impl Prepared {
    /// The host at an altitude.
    ///
    /// # Errors
    /// If the machine cannot run guests, or this build carries none of the language.
    pub fn at(&self, altitude: Altitude, deadlines: Deadlines) -> anyhow::Result<Arc<dyn Host>> {
        let description = HostDescription {
            name: self.subject.name.clone(),
            version: self.version.clone(),
            altitude,
            capabilities: self.capabilities.clone(),
            controls: self.controls.clone(),
            lacks: BTreeMap::new(),
            labels: BTreeMap::new(),
            notes: self.notes.clone(),
        };
        // A call that the host gives up on must come back while the case still waits for it. Cases wait for that, so it
        // is no longer than a loaded machine needs.
        let call_timeout = deadlines.op / 4;
        let subject = self.subject.clone();
        Ok(match altitude {
            Altitude::Direct => Arc::new(Direct::new(subject, description, call_timeout)),
            Altitude::Embedded(language) => {
                let known = Corpus::languages()?;
                if !known.contains(&language) {
                    let known = known.iter().map(|language| language.name()).collect::<Vec<_>>().join(",");
                    bail!("this build has no guests in {language}: `--lang {known}` is all that there is");
                }
                let corpus = Corpus::load().context("the guests of this build cannot be read")?;
                let embedded = Embedded::new(subject, description, call_timeout, corpus, language, Arc::default());
                Arc::new(embedded.map_err(|why| anyhow!("guests cannot run on this machine: {why}"))?)
            }
            Altitude::Command(_) => bail!("our host is no program of somebody else: leave out `--altitude command`"),
            Altitude::Sdk => bail!("an SDK is given by its drivers: `--sdk`"),
            Altitude::Native => bail!("the SDK's native twin has no backend to choose: see the test `twin`"),
        })
    }

    /// The host with drivers that somebody else built on an SDK.
    ///
    /// # Errors
    /// If the machine cannot run guests.
    pub fn with(&self, sdk: &Sdk, deadlines: Deadlines) -> anyhow::Result<Arc<dyn Host>> {
        let mut description = self.at(Altitude::Direct, deadlines)?.describe().clone();
        sdk.describe(&mut description);
        let corpus = Corpus::load().context("the guests of this build cannot be read")?;
        let (subject, timeout) = (self.subject.clone(), deadlines.op / 4);
        // Programs that handle messages are the suite's.
        let embedded = Embedded::new(subject, description, timeout, corpus, Language::Rust, sdk.drivers());
        Ok(Arc::new(embedded.map_err(|why| anyhow!("guests cannot run on this machine: {why}"))?))
    }

    /// Ends the private server, if there is one, and waits for its end, or removes the private files. Dropping this does
    /// so too, without waiting.
    pub async fn stop(self) {
        if let Some(private) = self.private {
            private.stop().await;
        }
    }

    fn declared(&self) -> Option<(&'static str, &'static str)> {
        DECLARATIONS.iter().copied().find(|(name, _)| *name == self.declared_as)
    }

    /// The declaration that comes with the suite.
    ///
    /// # Errors
    /// A backend without a declaration, which could say what it likes, and a declaration that cannot be read.
    pub fn declaration(&self, ids: &BTreeSet<String>) -> anyhow::Result<Declaration> {
        let found = self.declared();
        let (name, text) = found.with_context(|| format!("this suite has no declaration of `{}`", self.declared_as))?;
        Declaration::parse(text, ids).map_err(|why| anyhow!("hosts/{name}.toml: {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_names_no_host_is_told_the_hosts_and_no_schemes() {
        let said = unknown("memroy").expect("backends");
        assert!(said.starts_with("there is no host `memroy`; did you mean `memory`?; give one of "), "{said}");
        assert!(
            said.contains("memory, ") && said.contains("wasmtime") && said.contains("cloud-conformance init"),
            "{said}"
        );
        for scheme in ["amqp", "tls", "postgresql", "redis+unix"] {
            assert!(!said.split([' ', ',']).any(|word| word == scheme), "{scheme}: {said}");
        }
    }

    #[test]
    fn what_has_a_declaration_of_another_name_is_told_how_to_give_it() {
        for (name, _) in DECLARATIONS.iter().filter(|(name, _)| name.contains('-')) {
            let said = unknown(name).expect("backends");
            assert!(said.contains("is given as `--host "), "{said}");
        }
        let jco = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("hosts/jco.toml");
        assert!(jco.is_file() && unknown("jco").expect("backends").contains("conformance/hosts/jco.toml"));
    }
}
