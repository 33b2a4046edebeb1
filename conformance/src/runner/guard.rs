//! A host that panics has died; the suite has not.

use crate::{
    host::{Driver, Environment, HostCall, Program, Serving, Subscribed},
    session::{Broken, Session},
};
use async_trait::async_trait;
use futures::FutureExt;
use std::{any::Any, panic::AssertUnwindSafe, time::Duration};
use wasi_cloud_core::{Kind, layer::FaultRule};

/// An environment, session or program whose panics come back as [`Broken::HostDied`].
pub(super) struct Guarded<T: ?Sized>(pub Box<T>);

pub(super) async fn caught<T>(work: impl Future<Output = Result<T, Broken>>) -> Result<T, Broken> {
    // What a panicking host leaves behind is not used again, except to clean up behind the same guard.
    let died = |panic: Box<dyn Any + Send>| Err(Broken::HostDied(format!("it panicked: {}", text(&*panic))));
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(died)
}

/// What a panic says.
pub(super) fn text(panic: &(dyn Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without a text")
}

#[async_trait]
impl Environment for Guarded<dyn Environment> {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        Ok(Box::new(Guarded(caught(self.0.guest(driver)).await?)))
    }

    async fn serve(&self, program: Program, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        Ok(Box::new(Guarded(caught(self.0.serve(program, to)).await?)))
    }

    async fn watch(&self, label: &str) -> Result<Box<dyn Serving>, Broken> {
        Ok(Box::new(Guarded(caught(self.0.watch(label)).await?)))
    }

    async fn grant(&self, rules: &[&str]) -> Result<(), Broken> {
        caught(self.0.grant(rules)).await
    }

    async fn switch(&self, capability: &str, label: &str) -> Result<(), Broken> {
        caught(self.0.switch(capability, label)).await
    }

    async fn restart(&self) -> Result<(), Broken> {
        caught(self.0.restart()).await
    }

    async fn advance(&self, by: Duration) -> Result<(), Broken> {
        caught(self.0.advance(by)).await
    }

    async fn fault(&self, rule: FaultRule, kind: Kind) -> Result<(), Broken> {
        caught(self.0.fault(rule, kind)).await
    }

    async fn foreign(&self, label: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        caught(self.0.foreign(label, key, value)).await
    }

    fn calls(&self) -> Vec<HostCall> {
        std::panic::catch_unwind(AssertUnwindSafe(|| self.0.calls())).unwrap_or_default()
    }

    fn log(&self) -> Vec<String> {
        std::panic::catch_unwind(AssertUnwindSafe(|| self.0.log())).unwrap_or_default()
    }

    async fn clean(&self) -> Result<(), Broken> {
        caught(self.0.clean()).await
    }
}

#[async_trait]
impl Session for Guarded<dyn Session> {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        caught(self.0.exec(op)).await
    }
}

#[async_trait]
impl Serving for Guarded<dyn Serving> {
    async fn line(&mut self) -> Result<String, Broken> {
        caught(self.0.line()).await
    }

    async fn stop(self: Box<Self>) -> Result<(), Broken> {
        caught(self.0.stop()).await
    }
}
