use super::pipe::{Ends, last_words, surroundings};
use crate::{
    host::stage::Live,
    session::{Broken, Session},
};
use async_trait::async_trait;
use tokio::{io::AsyncWriteExt, sync::watch, task::JoinHandle};
use wasi_cloud_wasmtime::runtime::{App, Ending};

/// A guest that reads operations from its standard input and prints observations.
pub(super) struct Piped {
    ends: Ends,
    /// `None` once the host it ran in is gone.
    guest: JoinHandle<Option<Ending>>,
}

impl Piped {
    pub fn start(app: App, live: &Live, mut end: watch::Receiver<()>) -> Self {
        let (env, ends) = surroundings(live);
        let guest = tokio::spawn(async move {
            tokio::select! {
                ending = app.run_command(env) => Some(ending),
                // Only the sender's end makes this return: nothing is ever sent.
                _ = end.changed() => None,
            }
        });
        Self { ends, guest }
    }

    async fn ended(&mut self) -> Broken {
        let words = last_words(&self.ends.stderr);
        match (&mut self.guest).await {
            Err(panic) => Broken::HostDied(panic.to_string()),
            Ok(None) => Broken::HostDied("the host that this guest ran in was restarted".into()),
            Ok(Some(Ending::Failed(why))) => Broken::Setup(why),
            Ok(Some(Ending::Exited(code))) => Broken::Protocol(format!("the guest exited with {code}: {words}")),
            Ok(Some(ending)) => Broken::Trap(format!("{ending}: {words}")),
        }
    }
}

#[async_trait]
impl Session for Piped {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        let line = format!("{op}\n");
        // A guest that no longer reads has ended; why is known when its output ends.
        let written = self.ends.stdin.write_all(line.as_bytes()).await;
        let flushed = self.ends.stdin.flush().await;
        match self.ends.stdout.next_line().await {
            Ok(Some(seen)) if written.is_ok() && flushed.is_ok() => Ok(seen),
            _ => Err(self.ended().await),
        }
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        self.guest.abort();
    }
}
