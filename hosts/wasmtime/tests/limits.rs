//! What an instance may use, and how a run ends that wants more.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod gate;
mod guests;

use gate::Gate;
use std::{sync::Arc, time::Duration};
use wasi_cloud_core::{Grants, Links, keyvalue::KeyValue};
use wasi_cloud_wasmtime::runtime::{App, Ending, Env, Limits, Runtime};

fn runtime(change: impl FnOnce(&mut Limits)) -> Runtime {
    let mut limits = Limits { run: Duration::from_millis(50), instances: 10, ..Limits::default() };
    change(&mut limits);
    Runtime::new(limits).expect("a runtime")
}

fn env(backend: Arc<dyn KeyValue>) -> Env {
    let links = Links::default();
    links.keyvalue.set("default", backend, "default", Arc::from([]));
    Env::new(links, Grants::parse(["keyvalue:*"]).expect("grants").shared())
}

fn bare() -> Env {
    Env::new(Links::default(), Grants::default().shared())
}

fn forever(runtime: &Runtime) -> App {
    runtime.compile(&guests::command("(loop (br 0)) (unreachable)")).expect("compiles")
}

#[tokio::test]
async fn a_guest_that_never_stops_runs_out_of_time() {
    assert_eq!(forever(&runtime(|_| {})).run_command(bare()).await, Ending::OutOfTime);
}

#[tokio::test]
async fn waiting_in_a_host_call_uses_up_no_time() {
    let runtime = runtime(|_| {});
    let gate = Gate::closed();
    let waiting = runtime.compile(&guests::opener("(call $open)")).expect("compiles");
    let waiting = tokio::spawn({
        let env = env(gate.clone());
        async move { waiting.run_command(env).await }
    });
    // The other guest's deadline serves as the clock: it is over twice while the first one waits in its call.
    for _ in 0..2 {
        assert_eq!(forever(&runtime).run_command(bare()).await, Ending::OutOfTime);
    }
    gate.opens.add_permits(1);
    assert_eq!(waiting.await.expect("joins"), Ending::Exited(0));
}

#[tokio::test]
async fn a_host_call_without_an_answer_is_an_error() {
    let runtime = runtime(|limits| limits.call = Duration::from_millis(20));
    let app = runtime.compile(&guests::opener("(i32.eq (call $open) (i32.const 3))")).expect("compiles");
    assert_eq!(app.run_command(env(Gate::closed())).await, Ending::Exited(1), "`other`, and no trap");
}

#[tokio::test]
async fn the_last_handle_is_followed_by_an_error() {
    let runtime = runtime(|limits| limits.handles = 100);
    let until_error = "(loop (br_if 0 (i32.eqz (local.tee $seen (call $open)))))
        (if (i32.ne (local.get $seen) (i32.const 3)) (then unreachable))
        (i32.const 0)";
    let app = runtime.compile(&guests::opener(until_error)).expect("compiles");
    assert_eq!(app.run_command(env(guests::memory())).await, Ending::Exited(0));
}

#[tokio::test]
async fn a_guest_without_a_grant_runs_and_is_denied() {
    let runtime = runtime(|_| {});
    let app = runtime.compile(&guests::opener("(i32.eq (call $open) (i32.const 2))")).expect("compiles");
    assert_eq!(app.run_command(bare()).await, Ending::Exited(1), "`access-denied`");
}

#[tokio::test]
async fn memory_has_an_end() {
    let runtime = runtime(|limits| limits.memory = 1 << 20);
    let greedy = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable";
    let app = runtime.compile(&guests::command(greedy)).expect("compiles");
    assert_eq!(app.run_command(bare()).await, Ending::OutOfMemory);
    let modest = "(drop (memory.grow (i32.const 1000))) (i32.eq (memory.grow (i32.const 1)) (i32.const -1))";
    let app = runtime.compile(&guests::command(modest)).expect("compiles");
    assert_eq!(app.run_command(bare()).await, Ending::Exited(0), "a refusal does not forbid a smaller growth");
}

#[tokio::test]
async fn a_trap_says_why() {
    let app = runtime(|_| {}).compile(&guests::command("unreachable")).expect("compiles");
    match app.run_command(bare()).await {
        Ending::Trapped(why) => assert!(why.contains("unreachable") && !why.contains('\n'), "{why}"),
        other => panic!("{other:?}"),
    }
}
