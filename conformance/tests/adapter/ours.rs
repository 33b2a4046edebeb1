//! Our own host behind the protocol: what the suite can do to it in this process it can do through an adapter, every control
//! included. This test program is its own adapter when it is started with `--as-adapter HOST`.

use crate::support::deadlines;
use cloud_conformance::{
    host::{
        Altitude, Control, Deployment, Driver, Environment, Host, Program, Serving, Subscribed,
        adapter::protocol::{
            Call, Done, Event, Failed, Failure, FailureKind, Hello, Link, Moment, Request, Said, Seen, VERSION,
        },
    },
    language::Language,
    session::{Broken, Session},
    subject::prepare,
};
use serde::Serialize;
use serde_json::{Map, Value};
use std::{
    collections::HashMap,
    io::Write,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    sync::{Mutex as Turn, mpsc},
    time::interval,
};
use wasi_cloud_core::{
    Kind,
    layer::{self, FaultRule},
};

/// How often the host's trace is looked at.
const LOOK: Duration = Duration::from_millis(20);

type Guest = Arc<Turn<Box<dyn Session>>>;
type Stopped = mpsc::Sender<tokio::sync::oneshot::Sender<Result<(), Broken>>>;

struct Adapter {
    host: Arc<dyn Host>,
    deployments: Mutex<HashMap<String, Arc<dyn Environment>>>,
    guests: Mutex<HashMap<u64, Guest>>,
    programs: Mutex<HashMap<u64, Stopped>>,
}

/// Answers until it is told to end.
pub fn serve(host: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let prepared = prepare(host.to_owned(), None).await.expect("our host");
        let adapter = Arc::new(Adapter {
            host: prepared.at(Altitude::Embedded(Language::Rust), deadlines()).expect("guests in Rust"),
            deployments: Mutex::default(),
            guests: Mutex::default(),
            programs: Mutex::default(),
        });
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            let Request { id, call } = serde_json::from_str(&line).expect("a request");
            let (adapter, is_last) = (adapter.clone(), call == Call::Bye);
            let answered = tokio::spawn(async move {
                say(&match adapter.call(call).await {
                    Ok(ok) => Said::Done(Done { id, ok }),
                    Err(broken) => Said::Failed(Failed { id, error: failure(broken) }),
                });
            });
            if is_last {
                answered.await.expect("an answer");
                break;
            }
        }
    });
    runtime.shutdown_background();
}

fn say(said: &Said) {
    let line = serde_json::to_string(said).expect("JSON") + "\n";
    // Where nobody listens any more there is nobody to tell.
    let _ = std::io::stdout().lock().write_all(line.as_bytes());
}

fn failure(broken: Broken) -> Failure {
    let (kind, message) = match broken {
        Broken::Trap(why) => (FailureKind::Trap, why),
        Broken::HostDied(why) => (FailureKind::HostDied, why),
        Broken::Protocol(why) => (FailureKind::GuestEnded, why),
        Broken::Setup(why) => (FailureKind::Setup, why),
        Broken::Hung(after) => (FailureKind::HostDied, format!("no answer within {after:?}")),
    };
    Failure { kind, message }
}

fn object(said: impl Serialize) -> Map<String, Value> {
    serde_json::to_value(said).ok().and_then(|value| value.as_object().cloned()).expect("an object")
}

/// The suite's own static words.
fn word(text: &str) -> &'static str {
    ["keyvalue", "messaging", "config", "default", "other", "ungranted"]
        .into_iter()
        .find(|word| *word == text)
        .expect("a word of every deployment")
}

fn locked<T>(shared: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

fn unknown(what: &str) -> Broken {
    Broken::Setup(format!("there is no such {what}"))
}

impl Adapter {
    async fn call(self: Arc<Self>, call: Call) -> Result<Map<String, Value>, Broken> {
        match call {
            Call::Hello { .. } => return Ok(object(self.hello())),
            Call::Exec { guest, line } => {
                let guest = locked(&self.guests).get(&guest).cloned().ok_or_else(|| unknown("guest"))?;
                let line = guest.lock().await.exec(&line).await?;
                return Ok(object(Seen { line }));
            }
            Call::Deploy { deployment, links, grants, config } => self.deploy(deployment, &links, grants, config).await,
            Call::Start { deployment, guest, driver, .. } => {
                let driver = Driver::ALL.into_iter().find(|known| known.name() == driver);
                let driver = driver.ok_or_else(|| unknown("driver"))?;
                let session = self.environment(&deployment)?.guest(driver).await?;
                locked(&self.guests).insert(guest, Arc::new(Turn::new(session)));
                Ok(())
            }
            Call::End { guest } => {
                locked(&self.guests).remove(&guest);
                Ok(())
            }
            Call::Grant { deployment, grants } => {
                let grants: Vec<_> = grants.iter().map(String::as_str).collect();
                self.environment(&deployment)?.grant(&grants).await
            }
            Call::Switch { deployment, capability, label } => {
                self.environment(&deployment)?.switch(&capability, &label).await
            }
            Call::Restart { deployment } => self.environment(&deployment)?.restart().await,
            Call::Advance { deployment, ms } => self.environment(&deployment)?.advance(Duration::from_millis(ms)).await,
            Call::Fault { deployment, capability, op, nth, moment, kind } => {
                let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(|| unknown("kind"))?;
                let rule = FaultRule { capability, op, nth, moment: when(moment) };
                self.environment(&deployment)?.fault(rule, kind).await
            }
            Call::Foreign { deployment, label, key, value } => {
                self.environment(&deployment)?.foreign(&label, &key, value.as_deref()).await
            }
            Call::Serve { deployment, program, component, topics, group, max_deliveries, dead_letter } => {
                let topics: Vec<_> = topics.iter().map(String::as_str).collect();
                let (group, dead_letter) = (group.as_deref(), dead_letter.as_deref());
                let to = Subscribed { topics: &topics, group, max_deliveries, dead_letter };
                let serving = self.environment(&deployment)?.serve(kind_of(&component), to).await?;
                self.follow(program, serving);
                Ok(())
            }
            Call::Watch { deployment, program, label, .. } => {
                let serving = self.environment(&deployment)?.watch(&label).await?;
                self.follow(program, serving);
                Ok(())
            }
            Call::Stop { program } => self.stop(program).await,
            Call::Clean { deployment } => {
                let environment = locked(&self.deployments).remove(&deployment);
                match environment {
                    Some(environment) => environment.clean().await,
                    None => Ok(()),
                }
            }
            Call::Bye => Ok(()),
        }
        .map(|()| Map::new())
    }

    fn hello(&self) -> Hello {
        let description = self.host.describe();
        let known = Control::ALL.into_iter().filter(|control| description.controls.contains(control));
        Hello {
            protocol: VERSION,
            name: description.name.clone(),
            version: description.version.clone(),
            // One that no suite knows yet is no reason to refuse the adapter.
            controls: known.map(Control::word).chain(["teleport"]).map(str::to_owned).collect(),
            at_once: None,
            notes: description.notes.clone(),
        }
    }

    async fn deploy(
        &self,
        name: String,
        links: &[Link],
        grants: Vec<String>,
        config: std::collections::BTreeMap<String, String>,
    ) -> Result<(), Broken> {
        let links = links.iter().map(|Link { capability, label }| (word(capability), word(label))).collect();
        let deployment = Deployment { scope: name.clone(), links, grants, config };
        let environment: Arc<dyn Environment> = self.host.deploy(&deployment).await?.into();
        tokio::spawn(trace(name.clone(), Arc::downgrade(&environment)));
        locked(&self.deployments).insert(name, environment);
        Ok(())
    }

    fn environment(&self, deployment: &str) -> Result<Arc<dyn Environment>, Broken> {
        locked(&self.deployments).get(deployment).cloned().ok_or_else(|| unknown("deployment"))
    }

    /// Tells what the program prints until it is stopped.
    fn follow(&self, program: u64, mut serving: Box<dyn Serving>) {
        let (sender, mut stops) = mpsc::channel::<tokio::sync::oneshot::Sender<_>>(1);
        locked(&self.programs).insert(program, sender);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    stop = stops.recv() => {
                        let stopped = serving.stop().await;
                        return stop.map(|stop| stop.send(stopped)).map_or((), drop);
                    }
                    line = serving.line() => match line {
                        Ok(line) => say(&Said::Event(Event::Line { program, line })),
                        Err(broken) => return say(&Said::Event(Event::Ended { program, error: failure(broken) })),
                    },
                }
            }
        });
    }

    async fn stop(&self, program: u64) -> Result<(), Broken> {
        let stop = locked(&self.programs).remove(&program).ok_or_else(|| unknown("program"))?;
        let (sender, stopped) = tokio::sync::oneshot::channel();
        stop.send(sender).await.map_err(|_| unknown("program"))?;
        stopped.await.map_err(|_| unknown("program"))?
    }
}

/// Tells what reaches the host, as long as the deployment is there.
async fn trace(deployment: String, environment: std::sync::Weak<dyn Environment>) {
    let (mut told, mut looks) = (0, interval(LOOK));
    loop {
        looks.tick().await;
        let Some(environment) = environment.upgrade() else { return };
        let calls = environment.calls();
        for call in &calls[told..] {
            let call = call.clone();
            say(&Said::Event(Event::Call {
                deployment: deployment.clone(),
                capability: call.capability,
                op: call.op,
                label: call.label,
                key: call.key,
                outcome: call.outcome,
                took_us: call.took_us,
            }));
        }
        told = calls.len();
    }
}

fn kind_of(component: &str) -> Program {
    match Path::new(component).file_stem().and_then(|name| name.to_str()) {
        Some("recorder") => Program::Recorder,
        Some("pingpong") => Program::Pingpong,
        _ => Program::Watcher,
    }
}

fn when(moment: Moment) -> layer::Moment {
    match moment {
        Moment::Before => layer::Moment::Before,
        Moment::After => layer::Moment::After,
        Moment::Delay(ms) => layer::Moment::Delay(Duration::from_millis(ms)),
        Moment::Hang => layer::Moment::Hang,
    }
}
