use super::pipe::{Ends, surroundings};
use crate::{
    host::{Serving, stage::Live},
    session::Broken,
};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
};
use wasi_cloud_core::{Error, Link, keyvalue::KeyValue, messaging::Subscription};
use wasi_cloud_wasmtime::runtime::{App, Env, ServeOptions, Service};

/// A component that the host calls; each instance's lines come together in one channel.
struct Program {
    lines: mpsc::UnboundedReceiver<String>,
    /// Taken by whoever ends it: the case, or the restart of the host.
    service: Arc<Mutex<Option<Service>>>,
    end: watch::Receiver<()>,
}

fn take(service: &Mutex<Option<Service>>) -> Option<Service> {
    service.lock().unwrap_or_else(PoisonError::into_inner).take()
}

pub(super) async fn serve(
    app: &App,
    live: &Arc<Live>,
    subscription: Subscription,
    end: watch::Receiver<()>,
) -> Result<Box<dyn Serving>, Broken> {
    let (sender, lines) = mpsc::unbounded_channel();
    let live = live.clone();
    let service = app
        .serve_messages(move || instance(&live, sender.clone(), None).0, subscription, ServeOptions::default())
        .await;
    started(service, lines, end)
}

pub(super) async fn watch(
    app: &App,
    live: &Arc<Live>,
    link: Link<dyn KeyValue>,
    end: watch::Receiver<()>,
) -> Result<Box<dyn Serving>, Broken> {
    let (sender, lines) = mpsc::unbounded_channel();
    let live = live.clone();
    // One instance after the other, so their lines are in this order too.
    let last = Mutex::new(None);
    let next = move || {
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        let (env, reader) = instance(&live, sender.clone(), last.take());
        *last = Some(reader);
        env
    };
    let service = app.watch(link, next).await;
    started(service, lines, end)
}

fn started(
    service: Result<Service, Error>,
    lines: mpsc::UnboundedReceiver<String>,
    end: watch::Receiver<()>,
) -> Result<Box<dyn Serving>, Broken> {
    let service = service.map_err(|e| Broken::Setup(e.to_string()))?;
    let service = Arc::new(Mutex::new(Some(service)));
    let (doomed, mut last) = (service.clone(), end.clone());
    tokio::spawn(async move {
        // Only the sender's end makes this return: nothing is ever sent.
        let _ = last.changed().await;
        drop(take(&doomed));
    });
    Ok(Box::new(Program { lines, service, end }))
}

/// The surroundings of one instance, whose lines go to the channel, after those of another one if it has to be so.
fn instance(live: &Live, lines: mpsc::UnboundedSender<String>, after: Option<JoinHandle<()>>) -> (Env, JoinHandle<()>) {
    let (env, ends) = surroundings(live);
    let reader = tokio::spawn(async move {
        if let Some(after) = after {
            // It ends with its instance, whatever came of that.
            let _ = after.await;
        }
        let Ends { mut stdout, stdin, stderr } = ends;
        while let Ok(Some(line)) = stdout.next_line().await {
            // A case that has ended no longer reads.
            let _ = lines.send(line);
        }
        drop((stdin, stderr));
    });
    (env, reader)
}

#[async_trait]
impl Serving for Program {
    async fn line(&mut self) -> Result<String, Broken> {
        tokio::select! {
            line = self.lines.recv() => line.ok_or_else(|| Broken::HostDied("the service ended".into())),
            _ = self.end.changed() => Err(Broken::HostDied("the host that served was restarted".into())),
        }
    }

    async fn stop(self: Box<Self>) -> Result<(), Broken> {
        let service = take(&self.service);
        if let Some(service) = service {
            service.stop().await;
        }
        Ok(())
    }
}
