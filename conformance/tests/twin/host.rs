//! The SDK's native twin behind the suite's traits: a deployment is a `testing::Cloud`, a guest is a thread that entered it.

use crate::{
    defect::Defect,
    drivers::{Step, driver},
};
use async_trait::async_trait;
use cloud_conformance::{
    host::{Deployment, Driver, Environment, Host, HostCall, HostDescription, Program, Serving, Subscribed},
    session::{Broken, Session},
};
use std::{
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};
use tokio::sync::{mpsc, oneshot, watch};
use wasi_cloud_core::{
    Kind,
    layer::{FaultRule, Moment},
};
use wasi_cloud_sdk::{
    self as sdk,
    testing::{Cloud, Fault},
};

/// The twin, with a defect or with none.
pub struct Twin {
    pub description: HostDescription,
    /// A call that the cloud gives up on must come back while the case still waits for it.
    pub call_timeout: Duration,
    pub defect: Option<Defect>,
}

struct Deployed {
    cloud: Arc<Cloud>,
    /// What a restart goes back to.
    grants: Vec<String>,
    /// Dropping it ends the guests.
    alive: Mutex<watch::Sender<()>>,
    defect: Option<Defect>,
}

fn setup(error: wasi_cloud_sdk::Error) -> Broken {
    Broken::Setup(error.to_string())
}

#[async_trait]
impl Host for Twin {
    fn describe(&self) -> &HostDescription {
        &self.description
    }

    async fn deploy(&self, deployment: &Deployment) -> Result<Box<dyn Environment>, Broken> {
        let mut cloud = Cloud::builder()
            .links(deployment.links.iter().map(|(capability, label)| format!("{capability}:{label}")))
            .grants(Defect::granted(self.defect, &deployment.grants))
            .call_timeout(self.call_timeout);
        for (key, value) in &deployment.config {
            cloud = cloud.config(key, value);
        }
        let cloud = Arc::new(cloud.start().map_err(setup)?);
        let (alive, defect) = (Mutex::new(watch::Sender::new(())), self.defect);
        Ok(Box::new(Deployed { cloud, grants: deployment.grants.clone(), alive, defect }))
    }
}

#[async_trait]
impl Environment for Deployed {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        let (ops, asked) = mpsc::unbounded_channel();
        let (cloud, defect) = (self.cloud.clone(), self.defect);
        thread::spawn(move || live(&cloud, Defect::within(defect, driver, self::driver(driver)), asked));
        let end = self.alive.lock().expect("no panic under the lock").subscribe();
        Ok(Box::new(Threaded { ops, end }))
    }

    async fn serve(&self, _: Program, _: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        Err(Broken::Setup("a test delivers messages by itself: no broker calls the twin's handlers".into()))
    }

    async fn grant(&self, rules: &[&str]) -> Result<(), Broken> {
        match self.defect {
            Some(Defect::RevokedHandleWorks) => Ok(()),
            _ => self.cloud.grant(rules).map_err(setup),
        }
    }

    async fn switch(&self, capability: &str, label: &str) -> Result<(), Broken> {
        self.cloud.switch(&format!("{capability}:{label}")).map_err(setup)
    }

    /// Data lives as long as its cloud does, which a host that is restarted finds again, and so do the twin's guests.
    async fn restart(&self) -> Result<(), Broken> {
        *self.alive.lock().expect("no panic under the lock") = watch::Sender::new(());
        self.cloud.grant(&self.grants).map_err(setup)
    }

    async fn advance(&self, by: Duration) -> Result<(), Broken> {
        if self.defect != Some(Defect::TimeStandsStill) {
            self.cloud.advance(by);
        }
        Ok(())
    }

    async fn fault(&self, rule: FaultRule, kind: Kind) -> Result<(), Broken> {
        let name = format!("{}:*", rule.capability);
        let fault = match rule.moment {
            Moment::Before => Fault::before(name),
            Moment::After => Fault::after(name),
            Moment::Delay(by) => Fault::delay(name, by),
            Moment::Hang => Fault::hang(name),
        };
        self.cloud.inject(fault.op(rule.op).skip(rule.nth).kind(told(kind))).map_err(setup)
    }

    /// The twin has no host to tell of it.
    fn calls(&self) -> Vec<HostCall> {
        Vec::new()
    }

    /// All of it goes with the cloud.
    async fn clean(&self) -> Result<(), Broken> {
        Ok(())
    }
}

/// The kind as the SDK has it.
fn told(kind: Kind) -> sdk::Kind {
    match kind {
        Kind::NotFound => sdk::Kind::NotFound,
        Kind::AccessDenied => sdk::Kind::AccessDenied,
        Kind::Invalid => sdk::Kind::Invalid,
        Kind::Conflict => sdk::Kind::Conflict,
        Kind::Unsupported => sdk::Kind::Unsupported,
        Kind::Quota => sdk::Kind::Quota,
        Kind::Timeout => sdk::Kind::Timeout,
        Kind::Unavailable => sdk::Kind::Unavailable,
        Kind::Other => sdk::Kind::Other,
    }
}

struct Ask {
    line: String,
    seen: oneshot::Sender<Result<String, Broken>>,
}

/// A guest: its thread ends when this is dropped, or the host restarted.
struct Threaded {
    ops: mpsc::UnboundedSender<Ask>,
    end: watch::Receiver<()>,
}

/// The life of a guest: whatever it calls is of this cloud.
fn live(cloud: &Cloud, mut step: Step, mut asked: mpsc::UnboundedReceiver<Ask>) {
    let _entered = cloud.enter();
    while let Some(Ask { line, seen }) = asked.blocking_recv() {
        // A case that gave up no longer listens.
        let _ = seen.send(step(&line));
    }
}

#[async_trait]
impl Session for Threaded {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        let (seen, answer) = oneshot::channel();
        // A thread that ended has dropped `seen`.
        let _ = self.ops.send(Ask { line: op.to_owned(), seen });
        tokio::select! {
            biased;
            _ = self.end.changed() => Err(Broken::HostDied("the host that this guest ran in was restarted".into())),
            seen = answer => seen.unwrap_or_else(|_| Err(Broken::Trap("the driver panicked".into()))),
        }
    }
}
