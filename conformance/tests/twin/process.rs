//! A deployment in a process of its own, which `twin-c` and `twin-go` are: the suite talks to it in lines. What it says on stderr
//! spoils the run.

use crate::{
    cloud::{Control, Start},
    host::{Ask, Guests},
};
use async_trait::async_trait;
use cloud_conformance::{host::Driver, session::Broken};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::Path,
    process::Stdio,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, Ordering},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{Mutex as Turns, mpsc},
    task::JoinHandle,
};

/// How much of a sanitizer's report is shown.
const SHOWN: usize = 2000;

/// Whom the lines of each number are for.
type Waiting = Arc<Mutex<BTreeMap<u32, mpsc::UnboundedSender<String>>>>;

struct Process {
    child: Turns<Child>,
    /// Gone after the end.
    stdin: Arc<Turns<Option<ChildStdin>>>,
    waiting: Waiting,
    controls: Turns<mpsc::UnboundedReceiver<String>>,
    guests: AtomicU32,
    stderr: Turns<Option<JoinHandle<String>>>,
}

/// A cloud in a process of its own.
pub fn begin(program: &Path, start: &Start) -> Result<Box<dyn Guests>, Broken> {
    let mut command = Command::new(program);
    command.arg(json(start)).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|why| Broken::Setup(why.to_string()))?;
    let piped = "it was asked for";
    let (stdin, stdout) = (child.stdin.take().expect(piped), child.stdout.take().expect(piped));
    let mut stderr = child.stderr.take().expect(piped);
    let stderr = tokio::spawn(async move {
        let mut text = Vec::new();
        let _ = stderr.read_to_end(&mut text).await;
        String::from_utf8_lossy(&text).into_owned()
    });
    let (answer, controls) = mpsc::unbounded_channel();
    let waiting: Waiting = Arc::new(Mutex::new(BTreeMap::from([(0, answer)])));
    tokio::spawn(hear(stdout, waiting.clone()));
    Ok(Box::new(Process {
        child: Turns::new(child),
        stdin: Arc::new(Turns::new(Some(stdin))),
        waiting,
        controls: Turns::new(controls),
        guests: AtomicU32::new(1),
        stderr: Turns::new(Some(stderr)),
    }))
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("JSON")
}

/// Hands on what the process says. When it is silent for ever, so are those who wait.
async fn hear(stdout: ChildStdout, waiting: Waiting) {
    let mut lines = BufReader::new(stdout).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if let Some((number, said)) = line.split_once(' ')
            && let Some(to) = waiting.lock().expect("no panic under the lock").get(&number.parse().unwrap_or(0))
        {
            // Who gave up no longer listens.
            let _ = to.send(said.to_owned());
        }
    }
    waiting.lock().expect("no panic under the lock").clear();
}

async fn say(stdin: &Turns<Option<ChildStdin>>, number: u32, told: &str) {
    if let Some(stdin) = &mut *stdin.lock().await {
        // A process that has ended answers nothing, and so is noticed.
        let _ = stdin.write_all(format!("{number} {told}\n").as_bytes()).await;
    }
}

fn ended() -> Broken {
    Broken::Trap("the program has ended".into())
}

#[async_trait]
impl Guests for Process {
    async fn guest(&self, driver: Driver, mut asked: mpsc::UnboundedReceiver<Ask>) -> Result<(), Broken> {
        let number = self.guests.fetch_add(1, Ordering::Relaxed);
        let (answer, mut answers) = mpsc::unbounded_channel();
        self.waiting.lock().expect("no panic under the lock").insert(number, answer);
        say(&self.stdin, number, &json(&driver.name())).await;
        let stdin = self.stdin.clone();
        tokio::spawn(async move {
            while let Some(Ask { line, seen }) = asked.recv().await {
                say(&stdin, number, &line).await;
                // A case that gave up no longer listens.
                let _ = seen.send(answers.recv().await.ok_or_else(ended));
            }
        });
        Ok(())
    }

    async fn control(&self, what: Control) -> Result<(), Broken> {
        let mut answers = self.controls.lock().await;
        say(&self.stdin, 0, &json(&what)).await;
        match answers.recv().await.as_deref() {
            Some("null") => Ok(()),
            Some(why) => Err(Broken::Setup(why.to_owned())),
            None => Err(ended()),
        }
    }

    async fn end(&self) -> Result<(), Broken> {
        *self.stdin.lock().await = None;
        let status = self.child.lock().await.wait().await.map_err(|why| Broken::HostDied(why.to_string()))?;
        let said = match self.stderr.lock().await.take() {
            Some(stderr) => stderr.await.unwrap_or_default(),
            None => String::new(),
        };
        if status.success() && said.is_empty() {
            return Ok(());
        }
        Err(Broken::HostDied(format!("{status}: {}", said.chars().take(SHOWN).collect::<String>())))
    }
}
