//! The watcher without wasm: does what `guests/watcher` does.

use super::program::Task;
use crate::{
    bench::Told,
    host::{Serving, stage::Live},
    session::Broken,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;
use wasi_cloud_core::{
    Error,
    keyvalue::{Bucket, Change, Changes},
};

pub(super) async fn watch(live: &Arc<Live>, label: &str) -> Result<Box<dyn Serving>, Broken> {
    let broken = |error: Error| Broken::Setup(error.to_string());
    let bucket = Bucket::open(live.links.keyvalue.link(label, &live.grants)).await.map_err(broken)?;
    let changes = bucket.watch().await.map_err(broken)?;
    let (sender, lines) = mpsc::unbounded_channel();
    Ok(Box::new(Task::new(lines, tokio::spawn(tell(bucket, changes, sender)))))
}

async fn tell(bucket: Bucket, mut changes: Box<dyn Changes>, lines: mpsc::UnboundedSender<String>) {
    loop {
        let done = match changes.next().await {
            Ok(change) => handle(&bucket, change, &lines).await,
            Err(error) => Err(error),
        };
        if let Err(error) = done {
            tracing::warn!(%error, "a change was not dealt with");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

async fn handle(bucket: &Bucket, change: Change, lines: &mpsc::UnboundedSender<String>) -> Result<(), Error> {
    let told = match change {
        Change::Set { key, value } => Told::Set { key, value },
        Change::Deleted { key } => Told::Delete { key },
    };
    if let Ok(line) = serde_json::to_string(&told) {
        // A case that has ended no longer reads.
        let _ = lines.send(line);
    }
    match told {
        Told::Set { key, .. } if key == "copy" => {
            let value = bucket.get("copy").await?.unwrap_or_default();
            bucket.set("copied", &value).await
        }
        _ => Ok(()),
    }
}
