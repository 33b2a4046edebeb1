//! Pipes between the suite and a guest's standard streams.

use crate::host::stage::Live;
use tokio::io::{AsyncBufReadExt, BufReader, DuplexStream, Lines, duplex};
use wasi_cloud_wasmtime::runtime::Env;
use wasmtime_wasi::{
    cli::{AsyncStdinStream, AsyncStdoutStream},
    p2::pipe::MemoryOutputPipe,
};

/// Room in a pipe, in bytes; whoever writes more waits for the reader.
const ROOM: usize = 256 << 10;
/// How much of a guest's standard error is kept, in bytes.
const STDERR: usize = 16 << 10;

/// The suite's ends of a guest's standard streams.
pub(super) struct Ends {
    pub stdin: DuplexStream,
    pub stdout: Lines<BufReader<DuplexStream>>,
    pub stderr: MemoryOutputPipe,
}

/// The surroundings of one guest on these links, and the suite's ends of its streams.
pub(super) fn surroundings(live: &Live) -> (Env, Ends) {
    let (stdin, guest_stdin) = duplex(ROOM);
    let (stdout, guest_stdout) = duplex(ROOM);
    let stderr = MemoryOutputPipe::new(STDERR);
    let mut env = Env::new(live.links.clone(), live.grants.clone());
    env.stdin = Box::new(AsyncStdinStream::new(guest_stdin));
    env.stdout = Box::new(AsyncStdoutStream::new(ROOM, guest_stdout));
    env.stderr = Box::new(stderr.clone());
    (env, Ends { stdin, stdout: BufReader::new(stdout).lines(), stderr })
}

/// The last words of a guest, for the report of its end.
pub(super) fn last_words(stderr: &MemoryOutputPipe) -> String {
    let bytes = stderr.contents();
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines.iter().take(3).copied().collect::<Vec<_>>().join(" | ")
}
