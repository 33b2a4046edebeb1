//! The reference host in this process, with memory behind every label.

use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use wasi_cloud_core::{
    Grants, Links, SharedGrants,
    messaging::{Disposition, Messaging, Payload, Subscription},
};
use wasi_cloud_memory::Memory;
use wasi_cloud_wasmtime::runtime::{App, Ending, Env, Limits, Runtime, ServeOptions};
use wasmtime_wasi::p2::pipe::MemoryOutputPipe;

/// How long anything may take before a test says that it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub fn compile(component: &[u8]) -> App {
    // A few at a time: every pool sets address space aside.
    let limits = Limits { instances: 4, ..Limits::default() };
    let runtime = Runtime::new(limits).expect("a runtime");
    runtime.compile(component).unwrap_or_else(|e| panic!("{e:#}"))
}

/// One memory.
pub struct Cloud {
    links: Links,
    grants: SharedGrants,
    messaging: Arc<dyn Messaging>,
}

impl Cloud {
    pub fn new() -> Self {
        let (links, services) = (Links::default(), Memory::new().services());
        let messaging = services.messaging.expect("memory has messaging");
        links.keyvalue.set("default", services.keyvalue.expect("memory has key-value"), "default", Arc::from([]));
        links.messaging.set("default", messaging.clone(), "default", Arc::from([]));
        let grants = Grants::parse(["keyvalue:default", "messaging:default"]).expect("grants").shared();
        Self { links, grants, messaging }
    }

    /// Runs a command to its end; what it wrote to stdout.
    pub fn run(&self, app: &App, arguments: &[&str]) -> String {
        let (stdout, stderr) = (MemoryOutputPipe::new(65536), MemoryOutputPipe::new(65536));
        let mut env = Env::new(self.links.clone(), self.grants.clone());
        env.args = ["guest"].iter().chain(arguments).map(|&word| word.to_owned()).collect();
        (env.stdout, env.stderr) = (Box::new(stdout.clone()), Box::new(stderr.clone()));
        let ending = block_on(app.run_command(env));
        let text = |pipe: MemoryOutputPipe| String::from_utf8_lossy(&pipe.contents()).into_owned();
        assert_eq!(ending, Ending::Exited(0), "{}", text(stderr));
        text(stdout)
    }

    /// Lets a component handle these messages, topic and text, one after the other; the first `count` texts that it then
    /// sends to `heard`.
    pub fn play(&self, app: &App, messages: &[(&str, &str)], heard: &str, count: usize) -> Vec<String> {
        let subscription = |topics: &mut dyn Iterator<Item = &str>| Subscription {
            topics: topics.map(str::to_owned).collect(),
            group: None,
            max_deliveries: 1,
            dead_letter: None,
        };
        block_on(async {
            let only = subscription(&mut [heard].into_iter());
            let mut inbox = self.messaging.subscribe("default", &only).await.expect("subscribed");
            let all = subscription(&mut messages.iter().map(|(topic, _)| *topic));
            let (links, grants) = (self.links.clone(), self.grants.clone());
            let options = ServeOptions { concurrency: 1, ..ServeOptions::default() };
            let env = move || Env::new(links.clone(), grants.clone());
            let service = app.serve_messages(env, all, options).await.expect("it serves");
            for (topic, text) in messages {
                let payload = Payload { data: (*text).into(), ..Payload::default() };
                self.messaging.publish("default", topic, &payload).await.expect("published");
            }
            let mut texts = Vec::new();
            while texts.len() < count {
                let delivery = inbox.next().await.expect("a message");
                texts.push(String::from_utf8_lossy(&delivery.payload.data).into_owned());
                delivery.settle.settle(Disposition::Ack).await.expect("settled");
            }
            service.stop().await;
            texts
        })
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    workers.expect("a runtime").block_on(async { timeout(PATIENCE, future).await.expect("it does not hang") })
}
