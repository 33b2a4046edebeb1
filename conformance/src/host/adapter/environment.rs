//! A deployment behind an adapter, and what runs in it: each control is a request.

use super::{
    Adapter, PATIENCE,
    connection::Connection,
    follow::Following,
    heard::Heard,
    protocol::{self, Call, Seen},
};
use crate::{
    host::{Deployment, Driver, Environment, HostCall, Program, Serving, Subscribed, command::guests::Guests},
    session::{Broken, Session},
};
use async_trait::async_trait;
use serde::Deserialize;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{runtime::Handle, time::timeout};
use wasi_cloud_core::{
    Kind,
    layer::{FaultRule, Moment},
};

/// A deployment. Dropping it cleans, if nobody has.
pub(super) struct Deployed {
    adapter: Arc<Adapter>,
    connection: Arc<Connection>,
    guests: Arc<Guests>,
    heard: Arc<Heard>,
    scope: String,
    cleaned: AtomicBool,
}

impl Deployed {
    pub async fn make(
        adapter: Arc<Adapter>,
        connection: Arc<Connection>,
        guests: Arc<Guests>,
        deployment: &Deployment,
    ) -> Result<Self, Broken> {
        let scope = deployment.scope.clone();
        let heard = connection.listen(&scope);
        // Here before it is asked for: what is half deployed, or late, is cleaned as well.
        let this = Self { adapter, connection, guests, heard, scope, cleaned: AtomicBool::new(false) };
        let link = |(capability, label): &(&str, &str)| protocol::Link {
            capability: (*capability).to_owned(),
            label: (*label).to_owned(),
        };
        let deploy = Call::Deploy {
            deployment: this.scope(),
            links: deployment.links.iter().map(link).collect(),
            grants: deployment.grants.clone(),
            config: deployment.config.clone(),
        };
        this.connection.call(deploy).await?;
        Ok(this)
    }

    fn scope(&self) -> String {
        self.scope.clone()
    }

    async fn control(&self, call: Call) -> Result<(), Broken> {
        self.connection.call(call).await?;
        self.heard.fits()
    }

    /// Starts a program; `start` is the request for it.
    async fn program(
        &self,
        program: Program,
        start: impl FnOnce(u64, String) -> Call,
    ) -> Result<Box<dyn Serving>, Broken> {
        let component = self.guests.program(program).await?.component();
        let name = self.adapter.name();
        // Here before it is asked for: its first line may come before the answer.
        let serving = Running { connection: self.connection.clone(), name, lines: self.connection.follow(name) };
        self.control(start(name, component)).await?;
        Ok(Box::new(serving))
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        self.connection.forget(&self.scope);
        if !self.cleaned.load(Ordering::Relaxed) {
            aside(&self.connection, Call::Clean { deployment: self.scope() });
        }
    }
}

/// Asks for what nobody waits for.
fn aside(connection: &Arc<Connection>, call: Call) {
    // Without a runtime the adapter is ending too.
    let Ok(runtime) = Handle::try_current() else { return };
    let connection = connection.clone();
    runtime.spawn(async move { timeout(PATIENCE, connection.call(call)).await });
}

#[async_trait]
impl Environment for Deployed {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        let component = self.guests.driver(driver).await?.component();
        let name = self.adapter.name();
        let guest = Guest { connection: self.connection.clone(), heard: self.heard.clone(), name };
        let (deployment, driver) = (self.scope(), driver.name().to_owned());
        self.control(Call::Start { deployment, guest: name, driver, component }).await?;
        Ok(Box::new(guest))
    }

    async fn serve(&self, program: Program, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        let serve = |program, component| Call::Serve {
            deployment: self.scope(),
            program,
            component,
            topics: to.topics.iter().map(|topic| (*topic).to_owned()).collect(),
            group: to.group.map(str::to_owned),
            max_deliveries: to.max_deliveries,
            dead_letter: to.dead_letter.map(str::to_owned),
        };
        self.program(program, serve).await
    }

    async fn watch(&self, label: &str) -> Result<Box<dyn Serving>, Broken> {
        let (deployment, label) = (self.scope(), label.to_owned());
        self.program(Program::Watcher, |program, component| Call::Watch { deployment, program, component, label }).await
    }

    async fn grant(&self, rules: &[&str]) -> Result<(), Broken> {
        let grants = rules.iter().map(|rule| (*rule).to_owned()).collect();
        self.control(Call::Grant { deployment: self.scope(), grants }).await
    }

    async fn switch(&self, capability: &str, label: &str) -> Result<(), Broken> {
        let (capability, label) = (capability.to_owned(), label.to_owned());
        self.control(Call::Switch { deployment: self.scope(), capability, label }).await
    }

    async fn restart(&self) -> Result<(), Broken> {
        self.control(Call::Restart { deployment: self.scope() }).await
    }

    async fn advance(&self, by: Duration) -> Result<(), Broken> {
        self.control(Call::Advance { deployment: self.scope(), ms: millis(by) }).await
    }

    async fn fault(&self, rule: FaultRule, kind: Kind) -> Result<(), Broken> {
        let moment = match rule.moment {
            Moment::Before => protocol::Moment::Before,
            Moment::After => protocol::Moment::After,
            Moment::Delay(by) => protocol::Moment::Delay(millis(by)),
            Moment::Hang => protocol::Moment::Hang,
        };
        let FaultRule { capability, op, nth, .. } = rule;
        let kind = kind.name().to_owned();
        self.control(Call::Fault { deployment: self.scope(), capability, op, nth, moment, kind }).await
    }

    async fn foreign(&self, label: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        let (label, key, value) = (label.to_owned(), key.to_vec(), value.map(<[u8]>::to_vec));
        self.control(Call::Foreign { deployment: self.scope(), label, key, value }).await
    }

    fn calls(&self) -> Vec<HostCall> {
        self.heard.calls()
    }

    fn log(&self) -> Vec<String> {
        self.heard.said()
    }

    async fn clean(&self) -> Result<(), Broken> {
        self.cleaned.store(true, Ordering::Relaxed);
        // Whatever the host has said: that is no leak.
        self.connection.call(Call::Clean { deployment: self.scope() }).await.map(drop)
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// A guest. Dropping it ends it.
struct Guest {
    connection: Arc<Connection>,
    heard: Arc<Heard>,
    name: u64,
}

#[async_trait]
impl Session for Guest {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        let said = self.connection.call(Call::Exec { guest: self.name, line: op.to_owned() }).await?;
        self.heard.fits()?;
        let seen = Seen::deserialize(Value::Object(said));
        seen.map(|seen| seen.line).map_err(|why| Broken::Protocol(format!("the answer to `exec` is none: {why}")))
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        aside(&self.connection, Call::End { guest: self.name });
    }
}

/// A program at work.
struct Running {
    connection: Arc<Connection>,
    name: u64,
    lines: Following,
}

#[async_trait]
impl Serving for Running {
    async fn line(&mut self) -> Result<String, Broken> {
        self.lines.next().await
    }

    async fn stop(self: Box<Self>) -> Result<(), Broken> {
        self.connection.call(Call::Stop { program: self.name }).await.map(drop)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.connection.unfollow(self.name);
    }
}
