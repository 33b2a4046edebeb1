use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Description, Result,
    messaging::{Delivery, Inbox, Messaging, Payload, Replies, Subscription},
};

/// One defect: whatever is not overridden is honest.
#[async_trait]
pub(super) trait Defect: Send + Sync {
    /// What is said to be offered.
    fn offers(&self, honest: &Description) -> Description {
        honest.clone()
    }
    /// What is subscribed to.
    fn subscription(&self, scope: &str, asked: &Subscription) -> Subscription {
        let _ = scope;
        asked.clone()
    }
    /// What a handler gets.
    fn delivery(&self, scope: &str, delivery: Delivery) -> Delivery {
        let _ = scope;
        delivery
    }
    async fn connect(&self, broker: &dyn Messaging, scope: &str) -> Result<()> {
        broker.connect(scope).await
    }
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        broker.publish(scope, topic, message).await
    }
    async fn subscribe(&self, broker: &dyn Messaging, scope: &str, to: &Subscription) -> Result<Box<dyn Inbox>> {
        broker.subscribe(scope, to).await
    }
    async fn request(&self, broker: &dyn Messaging, scope: &str, topic: &str, m: &Payload) -> Result<Box<dyn Replies>> {
        broker.request(scope, topic, m).await
    }
    async fn reply(&self, broker: &dyn Messaging, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        broker.reply(scope, reply_to, message).await
    }
}

/// An honest broker behind one defect.
pub(super) struct Defective<D> {
    honest: Arc<dyn Messaging>,
    defect: Arc<D>,
    offered: Description,
}

impl<D: Defect> Defective<D> {
    pub fn new(honest: Arc<dyn Messaging>, defect: D) -> Self {
        let offered = defect.offers(honest.describe());
        Self { honest, defect: Arc::new(defect), offered }
    }
}

struct DefectiveInbox<D> {
    honest: Box<dyn Inbox>,
    defect: Arc<D>,
    scope: String,
}

#[async_trait]
impl<D: Defect + 'static> Inbox for DefectiveInbox<D> {
    async fn next(&mut self) -> Result<Delivery> {
        let delivery = self.honest.next().await?;
        Ok(self.defect.delivery(&self.scope, delivery))
    }
    async fn close(&mut self) {
        self.honest.close().await;
    }
    async fn remaining(&mut self) -> Option<Delivery> {
        let delivery = self.honest.remaining().await?;
        Some(self.defect.delivery(&self.scope, delivery))
    }
}

#[async_trait]
impl<D: Defect + 'static> Messaging for Defective<D> {
    fn describe(&self) -> &Description {
        &self.offered
    }
    async fn connect(&self, scope: &str) -> Result<()> {
        self.defect.connect(&*self.honest, scope).await
    }
    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        self.defect.publish(&*self.honest, scope, topic, message).await
    }
    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let to = self.defect.subscription(scope, subscription);
        let honest = self.defect.subscribe(&*self.honest, scope, &to).await?;
        Ok(Box::new(DefectiveInbox { honest, defect: self.defect.clone(), scope: scope.to_owned() }))
    }
    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        self.defect.request(&*self.honest, scope, topic, message).await
    }
    async fn reply(&self, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        self.defect.reply(&*self.honest, scope, reply_to, message).await
    }
}
