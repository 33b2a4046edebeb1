//! One adapter at work: its process, what it was asked, and what it says unasked.

use super::{
    follow::{Followed, Following, follow},
    heard::Heard,
    protocol::{Call, Done, Event, Failed, Failure, FailureKind, LINE, Request, Said},
};
use crate::{
    host::{
        command::process::{END, end_group, ending, started},
        lines::{self, Next, shown},
    },
    session::Broken,
};
use serde_json::{Map, Value};
use std::{
    collections::{HashMap, VecDeque},
    process::Stdio,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncRead, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// How many of its last lines on standard error tell why an adapter died.
const WORDS: usize = 4;

/// What comes of a request.
pub(super) type Answered = Result<Map<String, Value>, Broken>;

/// A running adapter. Dropping it ends the adapter.
pub(super) struct Connection {
    requests: mpsc::UnboundedSender<String>,
    end: mpsc::UnboundedSender<Broken>,
    state: Arc<State>,
    ids: AtomicU64,
    /// What a request must have, where the adapter does not take as many as there are.
    turns: OnceLock<(Arc<Semaphore>, usize)>,
}

#[derive(Default)]
struct State(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    waiting: HashMap<u64, Waiting>,
    programs: HashMap<u64, Followed>,
    deployments: HashMap<String, Arc<Heard>>,
    words: VecDeque<String>,
    over: Option<Broken>,
}

/// A request without an answer. It stays where nobody waits any more, so that a late answer is known as one.
struct Waiting {
    word: &'static str,
    answer: oneshot::Sender<Answered>,
    _turn: Option<OwnedSemaphorePermit>,
}

impl Connection {
    /// Starts the program.
    pub fn start(argv: &[String]) -> Result<Self, Broken> {
        let (program, arguments) = argv.split_first().ok_or_else(|| Broken::Setup("no adapter is named".into()))?;
        let mut process = Command::new(program);
        process.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C is for the suite, which then has the adapter clean up.
        #[cfg(unix)]
        process.process_group(0);
        let mut child = started(process)?;
        let pipe = || Broken::Setup("its standard streams are gone".into());
        let stdin = child.stdin.take().ok_or_else(pipe)?;
        let stdout = child.stdout.take().ok_or_else(pipe)?;
        let stderr = child.stderr.take().ok_or_else(pipe)?;
        let state = Arc::new(State::default());
        let (requests, lines) = mpsc::unbounded_channel();
        let (end, ends) = mpsc::unbounded_channel();
        tokio::spawn(write(stdin, lines));
        let words = tokio::spawn(overhear(stderr, state.clone()));
        tokio::spawn(keep(Process { child, stdout, words, program: program.clone() }, state.clone(), ends));
        Ok(Self { requests, end, state, ids: AtomicU64::new(1), turns: OnceLock::new() })
    }

    /// From now on at most so many requests are without an answer.
    pub fn limit(&self, at_once: u16) {
        let most = usize::from(at_once.max(1));
        let _ = self.turns.set((Arc::new(Semaphore::new(most)), most));
    }

    /// Whether it has ended.
    pub fn is_over(&self) -> bool {
        self.state.lock().over.is_some()
    }

    /// Ends it; who still waits is told why.
    pub fn end(&self, why: Broken) {
        // One that has ended needs no end.
        let _ = self.end.send(why);
    }

    /// Returns when it has ended.
    pub async fn ended(&self) {
        self.end.closed().await;
    }

    /// Asks, and waits for the answer. Who stops waiting does no harm to others.
    pub async fn call(&self, call: Call) -> Answered {
        let turn = match self.turns.get() {
            Some((turns, _)) => turns.clone().acquire_owned().await.ok(),
            None => None,
        };
        let (id, word) = (self.ids.fetch_add(1, Ordering::Relaxed), call.word());
        let line = serde_json::to_string(&Request { id, call }).map_err(|why| Broken::Setup(why.to_string()))?;
        if line.len() >= LINE {
            return Err(Broken::Setup(format!("`{word}` is a line of {} bytes, and {LINE} are the most", line.len())));
        }
        // Declared before the receiver, so that it is dropped after it.
        let _waiter = Waiter(self);
        let (sender, answer) = oneshot::channel();
        {
            let mut state = self.state.lock();
            if let Some(why) = &state.over {
                return Err(why.clone());
            }
            state.waiting.insert(id, Waiting { word, answer: sender, _turn: turn });
        }
        // One that no longer reads has ended, which its reader tells.
        let _ = self.requests.send(line);
        answer.await.unwrap_or_else(|_| Err(Broken::HostDied("the adapter is gone".into())))
    }

    /// What is said of a deployment from now on.
    pub fn listen(&self, deployment: &str) -> Arc<Heard> {
        let heard = Arc::new(Heard::new());
        self.state.lock().deployments.insert(deployment.to_owned(), heard.clone());
        heard
    }

    /// Nobody wants to hear of the deployment any more.
    pub fn forget(&self, deployment: &str) {
        self.state.lock().deployments.remove(deployment);
    }

    /// What a program prints from now on.
    pub fn follow(&self, program: u64) -> Following {
        let (followed, following) = follow();
        self.state.lock().programs.insert(program, followed);
        following
    }

    /// Nobody wants to hear of the program any more.
    pub fn unfollow(&self, program: u64) {
        self.state.lock().programs.remove(&program);
    }
}

/// Somebody who waits for an answer. Where all turns are held by requests that nobody waits for, nothing else could ever be asked.
struct Waiter<'a>(&'a Connection);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let Some((_, most)) = self.0.turns.get() else { return };
        let state = self.0.state.lock();
        let left: Vec<_> = state.waiting.values().filter(|waiting| waiting.answer.is_closed()).collect();
        if let Some(first) = left.first().filter(|_| left.len() >= *most) {
            let why = format!("it takes {most} at once, left `{}` without an answer, and was ended", first.word);
            self.0.end(Broken::HostDied(format!("the adapter: {why}")));
        }
    }
}

impl State {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a line of the adapter's.
    fn hear(&self, line: &[u8]) -> Result<(), String> {
        let mut state = self.lock();
        match Said::read(line)? {
            Said::Done(Done { id, ok }) => state.answer(id, |_| Ok(ok)),
            Said::Failed(Failed { id, error }) => state.answer(id, |word| Err(broken(word, error))),
            Said::Event(event) => {
                state.event(event);
                Ok(())
            }
        }
    }
}

impl Inner {
    fn answer(&mut self, id: u64, answer: impl FnOnce(&str) -> Answered) -> Result<(), String> {
        let waiting = self.waiting.remove(&id).ok_or_else(|| format!("no request {id} waits for an answer"))?;
        // Who has stopped waiting does not want to know.
        let _ = waiting.answer.send(answer(waiting.word));
        Ok(())
    }

    /// What is said of something that is over is late, and no mistake.
    fn event(&mut self, event: Event) {
        match event {
            Event::Line { program, line } => self.tell(program, Ok(line)),
            Event::Ended { program, error } => self.tell(program, Err(broken("serve", error))),
            Event::Call { ref deployment, .. } | Event::Log { ref deployment, .. } => {
                if let Some(heard) = self.deployments.get(deployment) {
                    heard.event(event);
                }
            }
            Event::Unknown => {}
        }
    }

    fn tell(&self, program: u64, said: Result<String, Broken>) {
        if let Some(program) = self.programs.get(&program) {
            program.tell(said);
        }
    }

    fn end(&mut self, why: &Broken) {
        self.over = Some(why.clone());
        for (_, waiting) in self.waiting.drain() {
            let _ = waiting.answer.send(Err(why.clone()));
        }
        for (_, program) in self.programs.drain() {
            program.tell(Err(why.clone()));
        }
    }
}

fn broken(word: &str, Failure { kind, message }: Failure) -> Broken {
    match kind {
        FailureKind::Trap => Broken::Trap(message),
        FailureKind::HostDied => Broken::HostDied(message),
        FailureKind::GuestEnded => Broken::Protocol(format!("the guest ended before its time: {message}")),
        FailureKind::Unsupported => Broken::Setup(format!("the adapter cannot `{word}`: {message}")),
        FailureKind::Setup => Broken::Setup(message),
        FailureKind::Other => Broken::Setup(format!("`{word}` failed, and the kind is of another version: {message}")),
    }
}

async fn write(mut stdin: ChildStdin, mut lines: mpsc::UnboundedReceiver<String>) {
    while let Some(line) = lines.recv().await {
        // One that no longer reads has ended, which its reader tells.
        if stdin.write_all((line + "\n").as_bytes()).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

/// Standard error, for whom it may concern: all that is deployed.
async fn overhear(stderr: impl AsyncRead + Unpin, state: Arc<State>) {
    let mut reader = BufReader::new(stderr);
    while let Ok(Next::Line(line) | Next::Cut(line) | Next::TooLong(line)) = lines::next(&mut reader).await {
        let line = shown(&line);
        let mut state = state.lock();
        state.deployments.values().for_each(|heard| heard.log(&line));
        state.words.push_back(line);
        if state.words.len() > WORDS {
            state.words.pop_front();
        }
    }
}

struct Process {
    child: Child,
    stdout: ChildStdout,
    words: JoinHandle<()>,
    program: String,
}

/// Reads until something ends the adapter, and tells everybody why.
async fn keep(mut process: Process, state: Arc<State>, mut ends: mpsc::UnboundedReceiver<Broken>) {
    let mut reader = BufReader::new(&mut process.stdout);
    let program = process.program;
    let unlike =
        |line: &[u8], why: &str| Broken::Protocol(format!("the adapter `{program}` wrote {}: {why}", shown(line)));
    let why = loop {
        let next = tokio::select! {
            next = lines::next(&mut reader) => next,
            why = ends.recv() => break why,
        };
        match next {
            Ok(Next::Line(line)) => match state.hear(&line) {
                Ok(()) => {}
                Err(why) => break Some(unlike(&line, &why)),
            },
            Ok(Next::TooLong(line)) => break Some(unlike(&line, &format!("a line has {LINE} bytes at most"))),
            Ok(Next::Cut(line)) => break Some(unlike(&line, "the line has no end")),
            Ok(Next::End) | Err(_) => break None,
        }
    };
    let why = match why {
        Some(why) => why,
        None => {
            let ended = match timeout(END, process.child.wait()).await {
                Ok(Ok(status)) => ending(status),
                _ => "closed its output and went on running".to_owned(),
            };
            // What it started may hold its standard error open.
            let _ = timeout(END, process.words).await;
            Broken::HostDied(format!("the adapter `{program}` {ended}: {}", last(&state.lock().words)))
        }
    };
    // Before the process is gone, so that nobody waits for that.
    state.lock().end(&why);
    end_group(&mut process.child).await;
}

fn last(words: &VecDeque<String>) -> String {
    let said: Vec<_> = words.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    if said.is_empty() { "it said nothing".to_owned() } else { said.join(" | ") }
}
