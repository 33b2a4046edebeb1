//! The suite's end of an adapter, as the checks need it: it can write what no suite would, and notes all that comes back.

use crate::host::{
    adapter::protocol::{Call, Done, Event, Failed, Failure, LINE, Request, Said},
    command::process::{end_group, ending, started},
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    runtime::Handle,
    time::timeout,
};

/// Why a check does not pass.
pub(super) enum Stop {
    /// The adapter breaks the protocol.
    Wrong(String),
    /// This adapter need not do it.
    Skip(String),
}

/// What a check, or a part of it, comes to.
pub(super) type Checked<T = ()> = Result<T, Stop>;

pub(super) fn wrong<T>(why: impl Into<String>) -> Checked<T> {
    Err(Stop::Wrong(why.into()))
}

/// What an adapter answers.
pub(super) type Answer = Result<Map<String, Value>, Failure>;

/// What comes of listening.
#[derive(PartialEq, Eq)]
enum Heard {
    Line,
    Silence,
    End,
}

/// A running adapter.
pub(super) struct Wire {
    child: Option<Child>,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
    /// Requests without an answer.
    asked: BTreeSet<u64>,
    answers: BTreeMap<u64, Answer>,
    next: u64,
    patience: Duration,
}

impl Wire {
    pub fn start(argv: &[String], patience: Duration) -> Checked<Self> {
        let Some((program, arguments)) = argv.split_first() else { return wrong("no program is named") };
        let mut process = Command::new(program);
        process
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        #[cfg(unix)]
        process.process_group(0);
        let mut child = started(process).map_err(|why| Stop::Wrong(why.to_string()))?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return wrong("its standard streams are gone");
        };
        let (stdin, stdout) = (Some(stdin), BufReader::new(stdout));
        let (asked, answers) = (BTreeSet::new(), BTreeMap::new());
        Ok(Self { child: Some(child), stdin, stdout, asked, answers, next: 1, patience })
    }

    /// Writes these bytes, whatever they are.
    pub async fn write(&mut self, bytes: &[u8]) -> Checked {
        let Some(stdin) = &mut self.stdin else { return wrong("its input was closed") };
        let written = async {
            stdin.write_all(bytes).await?;
            stdin.flush().await
        };
        match timeout(self.patience, written).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(why)) => wrong(format!("it does not read any more: {why}")),
            Err(_) => wrong(format!("it did not read for {:?}", self.patience)),
        }
    }

    /// A request under the next id, as a line without its end.
    pub fn line(&mut self, call: Call) -> Checked<(u64, String)> {
        let id = self.next;
        self.next += 1;
        self.asked.insert(id);
        let line = serde_json::to_string(&Request { id, call });
        line.map(|line| (id, line)).map_err(|why| Stop::Wrong(why.to_string()))
    }

    /// The ids of the next requests begin there.
    pub const fn count_from(&mut self, id: u64) {
        self.next = id;
    }

    /// Asks, and does not wait.
    pub async fn ask(&mut self, call: Call) -> Checked<u64> {
        let (id, line) = self.line(call)?;
        self.write((line + "\n").as_bytes()).await?;
        Ok(id)
    }

    /// Reads until this request has its answer.
    pub async fn answer(&mut self, id: u64) -> Checked<Answer> {
        loop {
            if let Some(answer) = self.answers.remove(&id) {
                return Ok(answer);
            }
            if self.hear().await? == Heard::End {
                let ended = self.wait().await;
                let how = ended.map_or_else(|| "closed its output".to_owned(), ending);
                return wrong(format!("it {how}, and request {id} has no answer"));
            }
        }
    }

    pub async fn call(&mut self, call: Call) -> Checked<Answer> {
        let id = self.ask(call).await?;
        self.answer(id).await
    }

    /// A request that must be done.
    pub async fn done(&mut self, call: Call) -> Checked<Map<String, Value>> {
        let word = call.word();
        match self.call(call).await? {
            Ok(said) => Ok(said),
            Err(failure) => wrong(format!("`{word}` failed: {:?}: {}", failure.kind, failure.message)),
        }
    }

    /// A request that must fail.
    pub async fn fails(&mut self, call: Call) -> Checked<Failure> {
        let word = call.word();
        match self.call(call).await? {
            Err(failure) => Ok(failure),
            Ok(_) => wrong(format!("`{word}` was done, and cannot be")),
        }
    }

    /// Takes a line.
    async fn hear(&mut self) -> Checked<Heard> {
        match timeout(self.patience, self.take()).await {
            Ok(heard) => heard,
            Err(_) if self.asked.is_empty() => Ok(Heard::Silence),
            Err(_) => wrong(format!("no answer to {:?} within {:?}", self.asked, self.patience)),
        }
    }

    async fn take(&mut self) -> Checked<Heard> {
        let mut line = Vec::new();
        let mut limited = (&mut self.stdout).take(LINE as u64);
        match limited.read_until(b'\n', &mut line).await {
            Err(why) => return wrong(format!("its output cannot be read: {why}")),
            Ok(0) => return Ok(Heard::End),
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line).chars().take(200).collect::<String>();
        if line.pop() != Some(b'\n') {
            return wrong(format!("the line has no end, or is too long: {text}"));
        }
        let (id, answer) = match Said::read(&line) {
            Ok(Said::Done(Done { id, ok })) => (id, Ok(ok)),
            Ok(Said::Failed(Failed { id, error })) => (id, Err(error)),
            Ok(Said::Event(Event::Unknown)) => return wrong(format!("there is no such event in this version: {text}")),
            Ok(Said::Event(_)) => return Ok(Heard::Line),
            Err(why) => return wrong(format!("{why}: {text}")),
        };
        if !self.asked.remove(&id) {
            return wrong(format!("no request {id} waits for an answer: {text}"));
        }
        self.answers.insert(id, answer);
        Ok(Heard::Line)
    }

    /// The last request; then the adapter ends, and has answered everything once.
    pub async fn bye(mut self) -> Checked {
        self.done(Call::Bye).await?;
        self.ends("after `bye`").await
    }

    /// Closes its input, which ends it too.
    pub async fn hang_up(mut self) -> Checked {
        self.stdin = None;
        self.ends("when its input ended").await
    }

    /// How it ended, if it does.
    async fn wait(&mut self) -> Option<ExitStatus> {
        timeout(self.patience, self.child.as_mut()?.wait()).await.ok()?.ok()
    }

    async fn ends(&mut self, when: &str) -> Checked {
        let goes_on = || Stop::Wrong(format!("it did not end {when}"));
        loop {
            match self.hear().await? {
                Heard::Line => {}
                Heard::End => break,
                Heard::Silence => return Err(goes_on()),
            }
        }
        self.wait().await.ok_or_else(goes_on)?;
        if self.asked.is_empty() { Ok(()) } else { wrong(format!("it ended without an answer to {:?}", self.asked)) }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // One that broke the protocol may have left guests behind.
        if let (Some(mut child), Ok(runtime)) = (self.child.take(), Handle::try_current()) {
            runtime.spawn(async move { end_group(&mut child).await });
        }
    }
}
