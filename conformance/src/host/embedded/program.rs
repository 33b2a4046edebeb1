use super::pipe::{Ends, surroundings};
use crate::{
    host::{Serving, stage::Live},
    session::Broken,
};
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{mpsc, watch};
use wasi_cloud_core::messaging::Subscription;
use wasi_cloud_wasmtime::runtime::{App, Env, ServeOptions, Service};

/// A component that handles messages; each instance's lines come together in one channel.
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
        .serve_messages(move || instance(&live, sender.clone()), subscription, ServeOptions::default())
        .await
        .map_err(|e| Broken::Setup(e.to_string()))?;
    let service = Arc::new(Mutex::new(Some(service)));
    let (doomed, mut last) = (service.clone(), end.clone());
    tokio::spawn(async move {
        // Only the sender's end makes this return: nothing is ever sent.
        let _ = last.changed().await;
        drop(take(&doomed));
    });
    Ok(Box::new(Program { lines, service, end }))
}

/// The surroundings of one instance, whose lines go to the channel.
fn instance(live: &Live, lines: mpsc::UnboundedSender<String>) -> Env {
    let (env, ends) = surroundings(live);
    tokio::spawn(async move {
        let Ends { mut stdout, stdin, stderr } = ends;
        while let Ok(Some(line)) = stdout.next_line().await {
            // A case that has ended no longer reads.
            let _ = lines.send(line);
        }
        drop((stdin, stderr));
    });
    env
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
