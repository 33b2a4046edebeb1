//! One process of a host: a guest that reads operations and prints observations, and how it can end.

use crate::{
    host::lines,
    session::{Broken, Session},
};
use async_trait::async_trait;
use std::{
    collections::BTreeSet,
    io,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStderr, ChildStdin, ChildStdout, Command},
    task::JoinHandle,
    time::timeout,
};

/// How much is kept of what a program prints for people, in bytes. The rest is read and forgotten.
const KEPT: u64 = 16 << 10;
/// How many lines of it a report shows.
const WORDS: usize = 4;
/// How long a program that has closed its output may take to end.
pub(crate) const END: Duration = Duration::from_secs(5);

/// A guest in a process of its own. Dropping it kills the process.
pub(super) struct Child {
    process: tokio::process::Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    stderr: Option<JoinHandle<String>>,
    traps: BTreeSet<i32>,
    program: String,
}

fn spawn(command: &[String], stdin: Stdio) -> Result<tokio::process::Child, Broken> {
    let (program, arguments) = command.split_first().ok_or_else(|| Broken::Setup("no program is named".into()))?;
    let mut process = Command::new(program);
    process.args(arguments).stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    started(process)
}

/// Starts a program, or says why it does not start.
pub(crate) fn started(mut process: Command) -> Result<tokio::process::Child, Broken> {
    let program = process.as_std().get_program().to_string_lossy().into_owned();
    process.spawn().map_err(|why| match why.kind() {
        io::ErrorKind::NotFound => {
            Broken::Setup(format!("there is no program `{program}`: install it, or say where it is"))
        }
        _ => Broken::Setup(format!("`{program}` does not start: {why}")),
    })
}

/// What a program prints, if it succeeds: the beginning, if it is long.
pub(super) async fn output(command: &[String], limit: Duration) -> Result<String, Broken> {
    let mut process = spawn(command, Stdio::null())?;
    let pipe = || Broken::Setup("its standard streams are gone".into());
    let (stdout, stderr) = (process.stdout.take().ok_or_else(pipe)?, process.stderr.take().ok_or_else(pipe)?);
    let whole = async { tokio::join!(kept(stdout), kept(stderr), process.wait()) };
    let (printed, said, ended) = timeout(limit, whole).await.map_err(|_| Broken::Hung(limit))?;
    let shown = command.join(" ");
    let status = ended.map_err(|why| Broken::Setup(format!("`{shown}`: {why}")))?;
    if !status.success() {
        return Err(Broken::Setup(format!("`{shown}` {}: {}", ending(status), words(&said))));
    }
    Ok(printed)
}

impl Child {
    pub fn start(command: &[String], traps: BTreeSet<i32>) -> Result<Self, Broken> {
        let mut process = spawn(command, Stdio::piped())?;
        let pipe = || Broken::Setup("its standard streams are gone".into());
        let stdin = process.stdin.take().ok_or_else(pipe)?;
        let stdout = process.stdout.take().ok_or_else(pipe)?;
        let stderr: ChildStderr = process.stderr.take().ok_or_else(pipe)?;
        Ok(Self {
            stdin,
            stdout: BufReader::new(stdout),
            stderr: Some(tokio::spawn(kept(stderr))),
            process,
            traps,
            program: command.first().cloned().unwrap_or_default(),
        })
    }

    /// Why there is no answer.
    async fn ended(&mut self) -> Broken {
        let Ok(Ok(status)) = timeout(END, self.process.wait()).await else {
            return Broken::HostDied(format!("`{}` closed its output and goes on running", self.program));
        };
        let said = match self.stderr.take() {
            Some(stderr) => timeout(END, stderr).await.ok().and_then(Result::ok).unwrap_or_default(),
            None => String::new(),
        };
        let words = words(&said);
        match status.code() {
            Some(code) if self.traps.contains(&code) => Broken::Trap(words),
            Some(0) => Broken::Protocol(format!("the guest ended before its time: {words}")),
            _ => Broken::HostDied(format!("`{}` {}: {words}", self.program, ending(status))),
        }
    }
}

#[async_trait]
impl Session for Child {
    async fn exec(&mut self, op: &str) -> Result<String, Broken> {
        let line = format!("{op}\n");
        let exchange: Result<_, io::Error> = async {
            // One that no longer reads has ended, or will not answer: what it printed last is no answer to this.
            self.stdin.write_all(line.as_bytes()).await?;
            self.stdin.flush().await?;
            lines::next(&mut self.stdout).await
        }
        .await;
        match exchange {
            Ok(next) => match next.observation()? {
                Some(seen) => Ok(seen),
                None => Err(self.ended().await),
            },
            Err(_) => Err(self.ended().await),
        }
    }
}

/// The beginning of what is printed. Reads to the end, so that no program waits for its reader.
pub(crate) async fn kept(mut stderr: impl AsyncRead + Unpin) -> String {
    let mut bytes = Vec::new();
    // What was read before it failed is what there is.
    let _ = (&mut stderr).take(KEPT).read_to_end(&mut bytes).await;
    let _ = tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await;
    String::from_utf8_lossy(&bytes).into_owned()
}

fn words(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if lines.is_empty() { "it said nothing".to_owned() } else { lines[..lines.len().min(WORDS)].join(" | ") }
}

/// Ends a program that leads a group of processes, and all that it started.
pub(crate) async fn end_group(child: &mut tokio::process::Child) {
    #[cfg(unix)]
    if let Some(leader) = child.id() {
        // The shell's own `kill`: not every machine has the program.
        let arguments = ["-c", "kill -KILL -$0", &leader.to_string()];
        let _ = Command::new("sh").args(arguments).stdin(Stdio::null()).stderr(Stdio::null()).status().await;
    }
    let _ = child.kill().await;
}

/// How a program ended.
pub(crate) fn ending(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("was ended by signal {signal}");
    }
    status.code().map_or_else(|| "ended".to_owned(), |code| format!("exited with {code}"))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Child {
        let command = ["sh", "-c", script].map(str::to_owned);
        Child::start(&command, [134].into()).expect("a shell")
    }

    #[tokio::test]
    async fn lines_are_answered_and_each_end_is_told_from_the_others() {
        let mut echo = sh("while read -r line; do echo \"<$line>\"; done");
        assert_eq!(echo.exec("a").await, Ok("<a>".into()));
        assert_eq!(echo.exec("b").await, Ok("<b>".into()));
        for (script, expected) in [
            ("read -r a; echo 'wasm trap: unreachable' >&2; exit 134", "the guest trapped: wasm trap: unreachable"),
            ("read -r a; echo no >&2; exit 3", "the host died: `sh` exited with 3: no"),
            ("read -r a; kill -9 $$", "the host died: `sh` was ended by signal 9: it said nothing"),
            ("read -r a; exit 0", "the line protocol was broken: the guest ended before its time: it said nothing"),
            ("exit 1", "the host died: `sh` exited with 1: it said nothing"),
        ] {
            let broken = sh(script).exec("op").await.expect_err(script);
            assert_eq!(broken.to_string(), expected, "{script}");
        }
        let missing = Child::start(&["no-such-program-here".to_owned()], BTreeSet::new());
        assert!(matches!(missing.err(), Some(Broken::Setup(why)) if why.contains("install it")));
    }

    #[tokio::test]
    async fn a_line_without_end_costs_one_verdict() {
        // By what every shell does itself.
        let block = "x=xxxxxxxx; x=$x$x$x$x$x$x$x$x; x=$x$x$x$x$x$x$x$x; x=$x$x$x$x$x$x$x$x";
        let mut endless = sh(&format!("{block}; read -r a; while :; do printf %s $x; done"));
        let broken = endless.exec("op").await.expect_err("no line");
        assert!(matches!(&broken, Broken::Protocol(why) if why.contains("16777216 bytes at most")), "{broken}");
        assert!(broken.to_string().len() < 1000, "only its beginning is shown");
        let much = format!("{block}; echo first; i=0; while [ $i -lt 5000 ]; do printf %s $x; i=$((i+1)); done");
        let command = ["sh", "-c", &much].map(str::to_owned);
        let printed = output(&command, END * 4).await.expect("it succeeds");
        assert!(printed.starts_with("first\n") && printed.len() as u64 == KEPT, "{}", printed.len());
    }

    #[tokio::test]
    async fn a_talkative_program_does_not_stop_and_what_it_says_first_is_kept() {
        let mut child = sh(
            "read -r a; echo first >&2; i=0; while [ $i -lt 20000 ]; do echo 'more words' >&2; i=$((i+1)); done; echo done",
        );
        assert_eq!(child.exec("op").await, Ok("done".into()));
        let broken = child.exec("op").await.expect_err("it has ended");
        assert!(broken.to_string().contains("first | more words"), "{broken}");
    }
}
