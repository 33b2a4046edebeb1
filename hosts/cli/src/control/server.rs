use super::{Answer, Ask, Asked, LINE};
use anyhow::{Context, bail};
use std::{
    fs,
    io::{Error, ErrorKind, Result},
    os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{UnixListener, UnixStream},
    sync::{Semaphore, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// How long a client may take to send its line, and to take the answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many clients are heard at once; more wait.
const CLIENTS: usize = 16;

/// The socket, for as long as this lives.
pub struct Control {
    path: PathBuf,
    /// Of the socket: another host may have put its own in the place.
    inode: u64,
    accepting: JoinHandle<()>,
    asked: mpsc::Receiver<Asked>,
}

impl Control {
    /// Listens at a path. Nobody but the owner can connect, not for a moment: the socket gets its permissions in a folder
    /// of its own, and then its name.
    pub fn bind(path: &Path) -> anyhow::Result<Self> {
        let failed = || format!("no control socket at `{}`; choose a short path with --control", path.display());
        match fs::symlink_metadata(path) {
            Ok(found) if !found.file_type().is_socket() => bail!("{}: something else is there", failed()),
            Ok(_) => match std::os::unix::net::UnixStream::connect(path) {
                Ok(_) => bail!("{}: another `wasi-cloud serve` listens there", failed()),
                // Left behind by one that was killed, or just gone.
                Err(why) if matches!(why.kind(), ErrorKind::ConnectionRefused | ErrorKind::NotFound) => {}
                Err(why) => return Err(why).with_context(failed),
            },
            Err(_) => {}
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let private = tempfile::Builder::new().prefix(".").tempdir_in(folder).with_context(failed)?;
        let unnamed = private.path().join("s");
        let listener = UnixListener::bind(&unnamed).with_context(failed)?;
        fs::set_permissions(&unnamed, fs::Permissions::from_mode(0o600)).with_context(failed)?;
        let inode = fs::symlink_metadata(&unnamed).with_context(failed)?.ino();
        fs::rename(&unnamed, path).with_context(failed)?;
        let (send, asked) = mpsc::channel(CLIENTS);
        Ok(Self { path: path.to_owned(), inode, accepting: tokio::spawn(accept(listener, send)), asked })
    }

    /// The next question. Cancel-safe.
    pub async fn asked(&mut self) -> Option<Asked> {
        self.asked.recv().await
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        self.accepting.abort();
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

async fn accept(listener: UnixListener, send: mpsc::Sender<Asked>) {
    let turns = Arc::new(Semaphore::new(CLIENTS));
    while let Ok(turn) = turns.clone().acquire_owned().await {
        match listener.accept().await {
            Ok((client, _)) => {
                let send = send.clone();
                tokio::spawn(async move {
                    if let Err(why) = converse(client, send).await {
                        tracing::debug!("a client of the control socket left: {why}");
                    }
                    drop(turn);
                });
            }
            Err(why) => {
                tracing::warn!("the control socket: {why}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

async fn converse(mut client: UnixStream, send: mpsc::Sender<Asked>) -> Result<()> {
    let (read, mut write) = client.split();
    let mut line = String::new();
    let mut read = BufReader::new(read.take(LINE));
    let late = |_| Error::from(ErrorKind::TimedOut);
    timeout(PATIENCE, read.read_line(&mut line)).await.map_err(late)??;
    let answer = match serde_json::from_str::<Ask>(&line) {
        Ok(ask) => {
            let (reply, answer) = oneshot::channel();
            let gone = || Answer::Failed("the host is stopping".to_owned());
            match send.send((ask, reply)).await {
                // The host bounds all that it does for an answer.
                Ok(()) => answer.await.unwrap_or_else(|_| gone()),
                Err(_) => gone(),
            }
        }
        // What serde says may repeat a secret.
        Err(_) => Answer::Failed("this host does not know such a question".to_owned()),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    timeout(PATIENCE, write.write_all(&line)).await.map_err(late)?
}
