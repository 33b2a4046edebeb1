//! Many instances at once, and the one that is too many.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod gate;
mod guests;

use gate::Gate;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Semaphore, task::JoinSet, time::timeout};
use wasi_cloud_core::{Grants, Links};
use wasi_cloud_wasmtime::runtime::{App, Ending, Env, Limits, Runtime};

const MANY: usize = 1000;
/// How long anything may take before a test says that it hangs.
const PATIENCE: Duration = Duration::from_secs(60);
/// What an allocator may keep of a thousand instances, which have 64 KiB of memory and a stack each.
const SLACK: usize = 8 << 20;

fn limits(instances: usize) -> Limits {
    let instances = u32::try_from(instances).expect("few");
    Limits { instances, call: PATIENCE, memory: 1 << 20, ..Limits::default() }
}

fn env(gate: &Arc<Gate>) -> Env {
    let links = Links::default();
    links.keyvalue.set("default", gate.clone(), "default", Arc::from([]));
    Env::new(links, Grants::parse(["keyvalue:default"]).expect("grants").shared())
}

/// Instances that have opened their bucket and wait in `get`.
struct Crowd {
    gate: Arc<Gate>,
    running: JoinSet<Ending>,
}

impl Crowd {
    async fn gather(app: &App, size: usize) -> Self {
        let gate = Gate::closed();
        gate.opens.add_permits(Semaphore::MAX_PERMITS / 2);
        let mut running = JoinSet::new();
        for _ in 0..size {
            let (app, env) = (app.clone(), env(&gate));
            running.spawn(async move { app.run_command(env).await });
        }
        let mut came = gate.came.subscribe();
        let all = came.wait_for(|came| *came == size);
        timeout(PATIENCE, all).await.expect("they all come").expect("the gate lives");
        Self { gate, running }
    }

    /// Lets all go, and waits for their ends.
    async fn leave(self) {
        self.gate.gets.add_permits(self.running.len());
        let endings = timeout(PATIENCE, self.running.join_all()).await.expect("they all end");
        assert!(endings.iter().all(|ending| *ending == Ending::Exited(0)), "{endings:?}");
        assert_eq!(Arc::strong_count(&self.gate), 1, "nothing of an instance is left that leads to the store");
    }
}

/// Bytes of this process that are in memory, where the system tells.
fn resident() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(statm.split(' ').nth(1)?.parse::<usize>().ok()? * 4096)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_instances_live_at_once_and_leave_nothing() {
    let app = Runtime::new(limits(MANY)).and_then(|runtime| runtime.compile(&guests::getter())).expect("compiles");
    Crowd::gather(&app, MANY).await.leave().await;
    let before = resident();
    for _ in 0..5 {
        Crowd::gather(&app, MANY).await.leave().await;
    }
    if let (Some(before), Some(after)) = (before, resident()) {
        assert!(after <= before + SLACK, "{} KiB became {} KiB", before >> 10, after >> 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_too_many_is_told_so_at_once_and_the_others_do_not_notice() {
    let runtime = Runtime::new(limits(3)).expect("a runtime");
    let app = runtime.compile(&guests::getter()).expect("compiles");
    for _ in 0..2 {
        let crowd = Crowd::gather(&app, 3).await;
        match timeout(PATIENCE, app.run_command(env(&crowd.gate))).await.expect("at once") {
            Ending::Failed(why) => assert!(why.contains("3 instances") && why.contains("Limits::instances"), "{why}"),
            other => panic!("{other:?}"),
        }
        crowd.leave().await;
    }
}

/// An ended guest frees its place, however it ended.
#[tokio::test]
async fn a_place_is_free_again_after_every_ending() {
    let runtime = Runtime::new(Limits { run: Duration::from_millis(20), ..limits(1) }).expect("a runtime");
    let gate = Gate::closed();
    for body in ["unreachable", "(loop (br 0)) (unreachable)", "(i32.const 1)"] {
        let app = runtime.compile(&guests::command(body)).expect("compiles");
        assert!(!matches!(app.run_command(env(&gate)).await, Ending::Failed(_)), "{body}");
    }
    let waiting = runtime.compile(&guests::getter()).expect("compiles");
    let dropped = timeout(Duration::from_millis(20), waiting.run_command(env(&gate))).await;
    assert!(dropped.is_err(), "it waits for ever, and then its run is dropped");
    let last = runtime.compile(&guests::command("(i32.const 0)")).expect("compiles");
    assert_eq!(last.run_command(env(&gate)).await, Ending::Exited(0));
}

/// The pool has room for parts on average: a component of more is refused, and not started by halves.
#[tokio::test]
async fn a_component_of_too_many_parts_is_told_so() {
    let runtime = Runtime::new(limits(1)).expect("a runtime");
    let app = runtime.compile(&guests::parts(3)).expect("compiles");
    match app.run_command(env(&Gate::closed())).await {
        Ending::Failed(why) => assert!(why.contains("Limits::instances"), "{why}"),
        other => panic!("{other:?}"),
    }
    let app = runtime.compile(&guests::parts(2)).expect("compiles");
    assert_eq!(app.run_command(env(&Gate::closed())).await, Ending::Exited(0), "what was taken is given back");
}

/// Where there is no address space for a pool, such as under `ulimit -v`, the limits hold all the same.
#[cfg(target_os = "linux")]
#[test]
fn without_address_space_instances_are_made_on_demand() {
    let tests =
        ["one_too_many_is_told_so_at_once_and_the_others_do_not_notice", "a_place_is_free_again_after_every_ending"];
    let this = std::env::current_exe().expect("a path");
    // In KiB: the pool of 3 instances wants 24 GiB.
    let mut limited = std::process::Command::new("sh");
    limited.args(["-c", "ulimit -v 2000000 && exec \"$0\" --exact \"$@\""]).arg(this).args(tests);
    let output = limited.output().expect("sh runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("2 passed"), "{said}");
}
