//! Judges my-host, a library in Rust: `cargo run` is `cloud-conformance run` on this host. Fill in what is not implemented, from
//! top to bottom.

use async_trait::async_trait;
use cloud_conformance::{
    corpus::Corpus,
    host::{Altitude, Deployment, Driver, Environment, Host, HostDescription},
    language::Language,
    session::{Broken, Session},
};
use std::process::ExitCode;

/// The host, with the suite's guests in one language.
struct MyHost {
    description: HostDescription,
    language: Language,
}

impl MyHost {
    /// What it promises: what is not here is not tested. These three features cannot be left out. The version stands in reports.
    fn new(language: Language) -> Self {
        let description = HostDescription::new("my-host", "unknown", Altitude::Embedded(language))
            .with("config", &[])
            .with("keyvalue", &["cas-absent", "counters", "listing"]);
        Self { description, language }
    }
}

#[async_trait]
impl Host for MyHost {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    /// A case begins. Each of the deployment's links is a store, empty and of this deployment alone; its grants are what guests may
    /// use, and its config is what `wasi:config` shows.
    async fn deploy(&self, _: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        Ok(Box::new(Case { language: self.language }))
    }
}

/// What one case finds. Controls over the host are further methods of `Environment`, and words in `HostDescription::controls`.
struct Case {
    language: Language,
}

#[async_trait]
impl Environment for Case {
    /// Runs a guest: a command, which reads lines from its standard input and answers on its standard output.
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        let component = Corpus::load().and_then(|corpus| corpus.composed(self.language.name(), driver.name()));
        let component = component.map_err(|why| Broken::Setup(why.to_string()))?;
        Ok(Box::new(Guest { component }))
    }

    /// The case is over: its guests are ended, and its data is deleted.
    async fn clean(&self) -> Result<(), Broken> {
        Ok(())
    }
}

/// A guest at work. Dropping it ends it.
struct Guest {
    component: Vec<u8>,
}

#[async_trait]
impl Session for Guest {
    /// Hands the line to the guest and returns the line that it prints, both as they are. A guest that trapped is `Broken::Trap`.
    async fn exec(&mut self, line: &str) -> Result<String, Broken> {
        let bytes = self.component.len();
        let why = format!("fill in `Guest::exec` in src/main.rs, which has {line} for a component of {bytes} bytes");
        Err(Broken::Setup(format!("not implemented: {why}")))
    }
}

fn main() -> ExitCode {
    cloud_conformance::main(Language::ALL.map(MyHost::new))
}
