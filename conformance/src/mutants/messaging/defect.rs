use async_trait::async_trait;
use std::sync::Arc;
use wasi_cloud_core::{
    Description, Result,
    messaging::{Delivery, Inbox, Messaging, Payload, Replies, Subscription},
};

/// One defect: whatever is not overridden is honest.
#[async_trait]
pub(super) trait Defect: Send + Sync {
    /// What is subscribed to.
    fn subscription(&self, asked: &Subscription) -> Subscription {
        asked.clone()
    }
    /// What a handler gets.
    fn delivery(&self, delivery: Delivery) -> Delivery {
        delivery
    }
    async fn publish(&self, broker: &dyn Messaging, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        broker.publish(scope, topic, message).await
    }
}

/// An honest broker behind one defect.
pub(super) struct Defective<D> {
    pub honest: Arc<dyn Messaging>,
    pub defect: Arc<D>,
}

struct DefectiveInbox<D> {
    honest: Box<dyn Inbox>,
    defect: Arc<D>,
}

#[async_trait]
impl<D: Defect + 'static> Inbox for DefectiveInbox<D> {
    async fn next(&mut self) -> Result<Delivery> {
        let delivery = self.honest.next().await?;
        Ok(self.defect.delivery(delivery))
    }
}

#[async_trait]
impl<D: Defect + 'static> Messaging for Defective<D> {
    fn describe(&self) -> &Description {
        self.honest.describe()
    }
    async fn connect(&self, scope: &str) -> Result<()> {
        self.honest.connect(scope).await
    }
    async fn publish(&self, scope: &str, topic: &str, message: &Payload) -> Result<()> {
        self.defect.publish(&*self.honest, scope, topic, message).await
    }
    async fn subscribe(&self, scope: &str, subscription: &Subscription) -> Result<Box<dyn Inbox>> {
        let honest = self.honest.subscribe(scope, &self.defect.subscription(subscription)).await?;
        Ok(Box::new(DefectiveInbox { honest, defect: self.defect.clone() }))
    }
    async fn request(&self, scope: &str, topic: &str, message: &Payload) -> Result<Box<dyn Replies>> {
        self.honest.request(scope, topic, message).await
    }
    async fn reply(&self, scope: &str, reply_to: &str, message: &Payload) -> Result<()> {
        self.honest.reply(scope, reply_to, message).await
    }
}
