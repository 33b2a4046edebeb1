//! A folder with a manifest, and the program that serves it.

use crate::guest::guest;
use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc::{Receiver, Sender, channel},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// Long: the machine may be busy, and nothing waits for it in vain but a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    program.env_remove("RUST_LOG").stdin(Stdio::null());
    program
}

/// A folder for one manifest and what it names.
pub struct Site(TempDir);

impl Site {
    /// With `app.wasm`, which takes every message for handled and records the topic `ping`.
    pub fn new() -> Self {
        let site = Self(TempDir::new().expect("a folder"));
        site.write("app.wasm", &wat::parse_str(include_str!("../handler.wat")).expect("assembles"));
        site
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        // As editors do: never half of it.
        std::fs::write(self.at("new"), bytes).expect("written");
        std::fs::rename(self.at("new"), self.at(name)).expect("renamed");
    }

    pub fn manifest(&self, text: &str) {
        self.write("wasi-cloud.toml", text.as_bytes());
    }

    /// A prebuilt guest of the suite, as `name.wasm`.
    pub fn guest(&self, name: &str) {
        self.write(&format!("{name}.wasm"), &guest(name));
    }

    /// `wasi-cloud` in this folder, to its end.
    pub fn output(&self, args: &[&str]) -> Output {
        program().args(args).current_dir(self.path()).output().expect("it starts")
    }

    pub fn serve(&self) -> Served {
        self.serve_with(&[])
    }

    pub fn serve_with(&self, env: &[(&str, &str)]) -> Served {
        let mut child = program()
            .arg("serve")
            .current_dir(self.path())
            .env("PINGPONG_SECRET", "hunter2")
            .stdout(Stdio::piped())
            .envs(env.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        let ((send, log), (print, out)) = (channel(), channel());
        // Always read, so that the program never waits for a reader.
        read(child.stdout.take(), vec![send.clone(), print]);
        read(child.stderr.take(), vec![send]);
        Served { child, out, log, seen: String::new() }
    }

    /// The same, once it serves.
    pub fn served(&self) -> Served {
        let mut served = self.serve();
        served.logs("serving `wasi-cloud.toml`");
        served
    }
}

/// What comes from a pipe, line by line.
fn read(from: Option<impl Read + Send + 'static>, to: Vec<Sender<String>>) {
    let lines = BufReader::new(from.expect("piped")).lines().map_while(Result::ok);
    std::thread::spawn(move || lines.for_each(|line| to.iter().for_each(|to| drop(to.send(line.clone())))));
}

/// The program as it serves; it ends with the test.
pub struct Served {
    child: Child,
    out: Receiver<String>,
    log: Receiver<String>,
    seen: String,
}

impl Served {
    /// Waits until it logs this, and returns the line.
    pub fn logs(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.log.recv_timeout(left) else { panic!("no `{text}` in the log: {}", self.seen) };
            let found = line.contains(text);
            self.seen += &line;
            self.seen.push('\n');
            if found {
                return line;
            }
        }
    }

    /// The shell's own `kill`: not every machine has the program.
    pub fn signal(&self, name: &str) {
        let kill = ["-c", "kill -s $0 $1", name, &self.child.id().to_string()];
        assert!(Command::new("sh").args(kill).status().expect("sh runs").success());
    }

    /// The lines that its guests have printed since it was asked last.
    pub fn printed(&self) -> Vec<String> {
        self.out.try_iter().collect()
    }

    /// Ends it at once, as a machine that fails does, and returns what its guests have printed last.
    pub fn kill(mut self) -> Vec<String> {
        self.child.kill().expect("it lived");
        self.child.wait().expect("it ends");
        self.out.iter().collect()
    }

    /// Asks it to stop, checks that it does so well, and returns all that it logged.
    pub fn stop(mut self) -> String {
        self.end();
        std::mem::take(&mut self.seen)
    }

    /// The same, and returns what its guests have printed last.
    pub fn finish(mut self) -> Vec<String> {
        self.end();
        self.out.iter().collect()
    }

    fn end(&mut self) {
        self.signal("TERM");
        let deadline = Instant::now() + PATIENCE;
        while let Ok(line) = self.log.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            self.seen += &line;
            self.seen.push('\n');
        }
        assert!(Instant::now() < deadline, "it goes on: {}", self.seen);
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0), "{}", self.seen);
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
