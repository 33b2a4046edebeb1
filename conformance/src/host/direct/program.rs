//! The recorder without wasm: obeys the same scripts as `guests/recorder`.

use crate::{
    bench::Observed,
    host::{Serving, Subscribed, stage::Live},
    session::Broken,
};
use async_trait::async_trait;
use std::{sync::Arc, time::Duration};
use tokio::{sync::mpsc, task::JoinHandle};
use wasi_cloud_core::{
    Kind, Link,
    messaging::{Delivery, Disposition, Inbox, Message, Messaging, subscribe},
};

/// The metadata key that scripts the recorder; it does not show in what the recorder prints.
const SCRIPT: &str = "script";

/// A program that is a task of this process.
pub(super) struct Task {
    lines: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Task {
    pub const fn new(lines: mpsc::UnboundedReceiver<String>, task: JoinHandle<()>) -> Self {
        Self { lines, task }
    }
}

pub(super) async fn record(live: &Arc<Live>, to: Subscribed<'_>) -> Result<Box<dyn Serving>, Broken> {
    let link = live.links.messaging.link("default", &live.grants);
    let inbox = subscribe(&link, &to.into()).await.map_err(|e| match e.kind {
        Kind::AccessDenied => Broken::Setup(format!("the component may not subscribe: {e}")),
        _ => Broken::Setup(e.to_string()),
    })?;
    let (sender, lines) = mpsc::unbounded_channel();
    Ok(Box::new(Task::new(lines, tokio::spawn(deliver(inbox, link, sender)))))
}

async fn deliver(mut inbox: Box<dyn Inbox>, link: Link<dyn Messaging>, lines: mpsc::UnboundedSender<String>) {
    loop {
        match inbox.next().await {
            Ok(delivery) => handle(delivery, &link, &lines).await,
            Err(error) => {
                tracing::warn!(%error, "the inbox failed");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn handle(delivery: Delivery, link: &Link<dyn Messaging>, lines: &mpsc::UnboundedSender<String>) {
    let message = Message::received(link.clone(), &delivery);
    let mut metadata = message.metadata().unwrap_or_default().to_vec();
    metadata.sort();
    let script = metadata.iter().find(|(key, _)| key == SCRIPT).map_or_else(|| "ok".into(), |(_, v)| v.clone());
    metadata.retain(|(key, _)| key != SCRIPT);
    let observed = Observed {
        topic: message.topic().map(Into::into),
        data: message.data().into(),
        content_type: message.content_type().map(Into::into),
        metadata,
    };
    if let Ok(line) = serde_json::to_string(&observed) {
        // A case that has ended no longer reads.
        let _ = lines.send(line);
    }
    let disposition = match script.split_once(':').unwrap_or((&script, "")) {
        ("ok", _) => Disposition::Ack,
        ("reply", times) => reply(&message, times.parse().unwrap_or(1)).await,
        ("wait", ms) => {
            tokio::time::sleep(Duration::from_millis(ms.parse().unwrap_or(0))).await;
            Disposition::Ack
        }
        // A guest that traps or never ends is not settled by itself: its host says that it failed.
        _ => Disposition::Nack,
    };
    if let Err(error) = delivery.settle.settle(disposition).await {
        tracing::warn!(%error, "a delivery could not be settled");
    }
}

async fn reply(message: &Message, times: u32) -> Disposition {
    for number in 1..=times {
        // A requester that has left may make a reply fail: whoever waits sees what came (MSG-M15).
        let _ = message.reply(Message::new(format!("reply {number}").into_bytes())).await;
    }
    Disposition::Ack
}

#[async_trait]
impl Serving for Task {
    async fn line(&mut self) -> Result<String, Broken> {
        self.lines.recv().await.ok_or_else(|| Broken::HostDied("the program's task ended".into()))
    }

    async fn stop(self: Box<Self>) -> Result<(), Broken> {
        self.task.abort();
        Ok(())
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.task.abort();
    }
}
