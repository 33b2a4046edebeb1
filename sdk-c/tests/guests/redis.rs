//! A `redis-server` for the commands of the README.

use crate::Lack;
use std::{
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long it may take to start.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server of our own, on a socket in a folder. Dropping it ends it.
pub struct Server {
    child: Child,
    folder: TempDir,
}

impl Server {
    /// Why there can be none.
    pub fn lack() -> Option<Lack> {
        let absent = |tool: &&str| Command::new(tool).arg("--version").output().is_err();
        let tool = ["redis-server", "redis-cli"].into_iter().find(absent)?;
        Some(Lack::new("redis", format!("needs `{tool}` on the PATH")))
    }

    pub fn start() -> Self {
        let folder = TempDir::new().expect("a folder");
        let child = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket", "socket", "--dir"])
            .arg(folder.path())
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server");
        let server = Self { child, folder };
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(server.socket()).is_err() {
            assert!(Instant::now() < deadline, "redis-server does not start");
            std::thread::yield_now();
        }
        server
    }

    /// The same commands, for this server.
    pub fn instead_of_localhost(&self, commands: &str) -> String {
        let socket = self.socket().display().to_string();
        let here = commands.replace("redis://localhost", &format!("redis+unix://{socket}"));
        here.replace("redis-cli ", &format!("redis-cli -s '{socket}' "))
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("socket")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
