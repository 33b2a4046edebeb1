//! The program as a service that answers HTTP.

use std::{
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpStream},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread::JoinHandle,
    time::Duration,
};
use tempfile::TempDir;

pub fn program() -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wasi-cloud"));
    program.env_remove("RUST_LOG").stdin(Stdio::null());
    program
}

/// The program, answering at an address of its own; it ends with the test.
pub struct Service {
    pub address: SocketAddr,
    child: Child,
    /// A second signal would end it at once.
    signalled: AtomicBool,
    /// Reads what it logs, so that it never waits for a reader.
    log: Option<JoinHandle<String>>,
    _folder: TempDir,
}

impl Service {
    pub fn start(wasm: &[u8], args: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let app = folder.path().join("site.wasm");
        std::fs::write(&app, wasm).expect("written");
        let mut run = program();
        run.arg("run").arg(&app).args(["--http", "127.0.0.1:0"]).args(args).stderr(Stdio::piped());
        let mut child = run.spawn().expect("it starts");
        let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
        let mut before = String::new();
        let address = loop {
            let Some(line) = lines.next() else { panic!("it did not start: {before}") };
            if let Some((_, address)) = line.split_once("answering HTTP at http://") {
                break address.parse().expect("an address");
            }
            before += &line;
        };
        let log = std::thread::spawn(move || before + &lines.collect::<Vec<_>>().join("\n"));
        Self { address, child, signalled: AtomicBool::new(false), log: Some(log), _folder: folder }
    }

    pub fn connect(&self) -> TcpStream {
        let connection = TcpStream::connect(self.address).expect("it answers");
        connection.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
        connection
    }

    /// Asks it to stop.
    pub fn signal(&self) {
        self.signalled.store(true, Ordering::Relaxed);
        // The shell's own `kill`: not every machine has the program.
        let signalled = Command::new("sh").args(["-c", "kill $0", &self.child.id().to_string()]).status();
        assert!(signalled.expect("sh runs").success());
    }

    /// Asks it to stop, checks that it does, and returns its log.
    pub fn stop(mut self) -> String {
        if !self.signalled.load(Ordering::Relaxed) && self.child.try_wait().expect("a state").is_none() {
            self.signal();
        }
        let log = self.log.take().expect("stopped once").join().expect("no panic");
        assert_eq!(self.child.wait().expect("it ends").code(), Some(0), "{log}");
        log
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
