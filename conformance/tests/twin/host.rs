//! A twin of an SDK behind the suite's traits: a deployment is a cloud, and guests live in it.

use crate::{
    cloud::{self, Control, Start},
    defect::Defect,
};
use async_trait::async_trait;
use cloud_conformance::{
    host::{Deployment, Driver, Environment, Host, HostCall, HostDescription, Program, Serving, Subscribed},
    session::{Broken, Session},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};
use wasi_cloud_core::{
    Kind,
    layer::{FaultRule, Moment},
};

/// One operation, and who waits for what comes of it.
pub struct Ask {
    pub line: String,
    pub seen: oneshot::Sender<Result<String, Broken>>,
}

/// A cloud with guests in it.
#[async_trait]
pub trait Guests: Send + Sync {
    /// Starts a guest, which lives until nobody asks any more.
    async fn guest(&self, driver: Driver, asked: mpsc::UnboundedReceiver<Ask>) -> Result<(), Broken>;

    async fn control(&self, what: Control) -> Result<(), Broken>;

    /// Ends all guests, and says what was wrong with them.
    async fn end(&self) -> Result<(), Broken>;
}

/// Makes a cloud.
pub type Begin = Arc<dyn Fn(Start) -> Result<Box<dyn Guests>, Broken> + Send + Sync>;

/// A twin, with a defect or with none.
pub struct Twin {
    pub description: HostDescription,
    /// A call that the cloud gives up on must come back while the case still waits for it.
    pub call_timeout: Duration,
    pub defect: Option<Defect>,
    pub begin: Begin,
}

struct Deployed {
    guests: Box<dyn Guests>,
    /// What a restart goes back to.
    grants: Vec<String>,
    /// Dropping it ends the guests.
    alive: Mutex<watch::Sender<()>>,
    defect: Option<Defect>,
}

#[async_trait]
impl Host for Twin {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        let links = deployment.links.iter().map(|(capability, label)| format!("{capability}:{label}")).collect();
        let guests = (self.begin)(Start {
            links,
            grants: Defect::granted(self.defect, &deployment.grants),
            config: deployment.config.clone(),
            call_timeout: self.call_timeout,
        })?;
        let (alive, defect) = (Mutex::new(watch::Sender::new(())), self.defect);
        Ok(Box::new(Deployed { guests, grants: deployment.grants.clone(), alive, defect }))
    }
}

#[async_trait]
impl Environment for Deployed {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        let (ops, asked) = mpsc::unbounded_channel();
        let end = self.alive.lock().expect("no panic under the lock").subscribe();
        self.guests.guest(driver, asked).await?;
        Ok(Box::new(Asked { ops, end }))
    }

    async fn serve(&self, _: Program, _: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        Err(Broken::Setup("a test delivers messages by itself: no broker calls the twin's handlers".into()))
    }

    async fn watch(&self, _: &str) -> Result<Box<dyn Serving>, Broken> {
        Err(Broken::Setup("a test tells of changes by itself: the twin calls no watcher".into()))
    }

    async fn grant(&self, rules: &[&str]) -> Result<(), Broken> {
        if self.defect == Some(Defect::RevokedHandleWorks) {
            return Ok(());
        }
        self.guests.control(Control::Grant(rules.iter().map(|&rule| rule.to_owned()).collect())).await
    }

    async fn switch(&self, capability: &str, label: &str) -> Result<(), Broken> {
        self.guests.control(Control::Switch(format!("{capability}:{label}"))).await
    }

    /// Data lives as long as its cloud does, which a host that is restarted finds again, and so do the twin's guests.
    async fn restart(&self) -> Result<(), Broken> {
        *self.alive.lock().expect("no panic under the lock") = watch::Sender::new(());
        self.guests.control(Control::Grant(self.grants.clone())).await
    }

    async fn advance(&self, by: Duration) -> Result<(), Broken> {
        if self.defect == Some(Defect::TimeStandsStill) {
            return Ok(());
        }
        self.guests.control(Control::Advance(by)).await
    }

    async fn fault(&self, rule: FaultRule, kind: Kind) -> Result<(), Broken> {
        let moment = match rule.moment {
            Moment::Before => cloud::Moment::Before,
            Moment::After => cloud::Moment::After,
            Moment::Delay(by) => cloud::Moment::Delay(by),
            Moment::Hang => cloud::Moment::Hang,
        };
        let (name, kind) = (format!("{}:*", rule.capability), kind.to_string());
        self.guests.control(Control::Fault { name, op: rule.op, skip: rule.nth, kind, moment }).await
    }

    /// The twin has no host to tell of it.
    fn calls(&self) -> Vec<HostCall> {
        Vec::new()
    }

    /// What was stored goes with the cloud.
    async fn clean(&self) -> Result<(), Broken> {
        self.guests.end().await
    }
}

/// A guest, which ends when this is dropped, or the host restarted.
struct Asked {
    ops: mpsc::UnboundedSender<Ask>,
    end: watch::Receiver<()>,
}

#[async_trait]
impl Session for Asked {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        let (seen, answer) = oneshot::channel();
        // A guest that ended has dropped `seen`.
        let _ = self.ops.send(Ask { line: op.to_owned(), seen });
        tokio::select! {
            biased;
            _ = self.end.changed() => Err(Broken::HostDied("the host that this guest ran in was restarted".into())),
            seen = answer => seen.unwrap_or_else(|_| Err(Broken::Trap("the driver panicked".into()))),
        }
    }
}
