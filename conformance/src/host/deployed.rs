//! A deployment of our own host: the controls, which both altitudes have in common, and the guests, which they have not.

use super::{
    Driver, Environment, HostCall, Program, Serving, Subscribed,
    stage::{Live, Stage},
};
use crate::session::{Broken, Session};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{Kind, layer::FaultRule};

/// What runs on a stage's links.
#[async_trait]
pub(super) trait Guests: Send + Sync {
    /// Starts a fresh driver guest.
    async fn start(&self, driver: Driver, live: Arc<Live>) -> Result<Box<dyn Session>, Broken>;

    /// Starts a program that handles what is sent to these topics. It is subscribed on return.
    async fn serve(&self, program: Program, live: Arc<Live>, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken>;

    /// Starts the program that is told of what changes behind a key-value label. It watches on return.
    async fn watch(&self, live: Arc<Live>, label: &str) -> Result<Box<dyn Serving>, Broken>;

    /// Ends all of them, as the end of a host does.
    async fn end(&self);
}

/// A stage, and what runs on it.
pub(super) struct Deployed<G> {
    pub stage: Stage,
    pub guests: G,
}

#[async_trait]
impl<G: Guests> Environment for Deployed<G> {
    async fn guest(&self, driver: Driver) -> Result<Box<dyn Session>, Broken> {
        self.guests.start(driver, self.stage.for_guest()?).await
    }

    async fn serve(&self, program: Program, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
        self.guests.serve(program, self.stage.live(), to).await
    }

    async fn watch(&self, label: &str) -> Result<Box<dyn Serving>, Broken> {
        self.guests.watch(self.stage.live(), label).await
    }

    async fn grant(&self, rules: &[&str]) -> Result<(), Broken> {
        self.stage.grant(rules)
    }

    async fn switch(&self, capability: &str, label: &str) -> Result<(), Broken> {
        self.stage.switch(capability, label)
    }

    async fn restart(&self) -> Result<(), Broken> {
        self.guests.end().await;
        self.stage.start().await
    }

    async fn advance(&self, by: Duration) -> Result<(), Broken> {
        self.stage.advance(by).await;
        Ok(())
    }

    async fn fault(&self, rule: FaultRule, kind: Kind) -> Result<(), Broken> {
        self.stage.fault(rule, kind);
        Ok(())
    }

    async fn foreign(&self, label: &str, key: &[u8], value: Option<&[u8]>) -> Result<(), Broken> {
        self.stage.foreign(label, key, value).await
    }

    fn calls(&self) -> Vec<HostCall> {
        self.stage.calls()
    }

    async fn clean(&self) -> Result<(), Broken> {
        self.guests.end().await;
        self.stage.clean().await
    }
}
