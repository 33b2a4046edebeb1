//! Async functions: each kind of signature, many at once, timers, cancellation, and what is left.

use std::sync::OnceLock;
use std::time::Instant;

use wasmtime::component::{Resource, Val};

use crate::async_host::{Conn, GUEST, Running, all_of, block_on, link};
use crate::guest::{Module, wit};

pub fn component() -> &'static [u8] {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    COMPONENT.get_or_init(|| {
        let module = Module::new("async");
        module.write("main.go", include_str!("guests/async.go"));
        module.write("scenarios.go", include_str!("guests/async_scenarios.go"));
        module.component(&[wit("async")])
    })
}

async fn running() -> wasmtime::Result<Running> {
    Running::new(component(), link).await
}

fn text(text: &str) -> Val {
    Val::String(text.to_owned())
}

async fn call(r: &mut Running, interface: Option<&str>, function: &str, args: &[Val]) -> wasmtime::Result<Val> {
    let func = r.func(interface, function);
    let mut out = vec![Val::Bool(false); func.ty(&r.store).results().len()];
    r.store.run_concurrent(async |accessor| func.call_concurrent(accessor, args, &mut out).await).await??;
    Ok(out.pop().unwrap_or(Val::Tuple(Vec::new())))
}

/// The same code in `go test`, where the host is Go.
pub fn natively() -> wasmtime::Result<()> {
    let module = Module::new("async");
    module.write("main.go", include_str!("guests/async.go"));
    module.write("scenarios.go", include_str!("guests/async_scenarios.go"));
    module.write("main_test.go", include_str!("guests/async_test.go"));
    for (program, arguments) in [("gofmt", &["-l", "."][..]), ("go", &["vet", "./..."])] {
        let (good, text) = module.tool(program, arguments, false);
        assert!(good && text.is_empty(), "{program}: {text}");
    }
    let (good, text) = module.tool("go", &["test", "."], false);
    assert!(good && text.contains("ok"), "go test: {text}");
    Ok(())
}

/// Every kind of function, both ways.
pub fn signatures() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        assert_eq!(call(r, None, "ping", &[text("x")]).await?, text("pong x at 42"));
        call(r, Some(GUEST), "nothing", &[]).await?;
        assert_eq!(call(r, Some(GUEST), "sync", &[Val::U32(1)]).await?, Val::U32(2));
        r.scenario("calls", 0).await?;
        assert_eq!(r.store.data().conns, 0, "what was opened is closed or given away");
        let (_, unknown) = r.scenarios(&[("unknown", 0)]).await?.remove(0);
        assert!(unknown.expect_err("there is none").contains("not-found"));

        let point = Val::Record(vec![("x".to_owned(), Val::U32(1)), ("name".to_owned(), text("p"))]);
        let args = [
            text("a"),
            Val::List(vec![text("b"), text("c")]),
            point.clone(),
            Val::Option(Some(Box::new(point))),
            Val::U64(1 << 40),
            Val::Float64(0.5),
            Val::List(vec![Val::U8(1), Val::U8(2)]),
            Val::U32(8),
            Val::U32(9),
        ];
        let got = call(r, Some(GUEST), "large", &args).await?;
        assert_eq!(got, Val::Tuple(args.into_iter().chain([text("end")]).collect()));

        let counter = call(r, Some(GUEST), "[constructor]counter", &[Val::U32(3)]).await?;
        for want in [5, 7] {
            let got = call(r, Some(GUEST), "[method]counter.add", &[counter.clone(), Val::U32(2)]).await?;
            assert_eq!(got, Val::U32(want));
        }
        let Val::Resource(counter) = counter else { panic!("no resource") };
        counter.resource_drop_async(&mut r.store).await?;

        // What is lent for a call is given back, whichever call then goes on.
        let lent = r.func(Some(GUEST), "lent");
        let conn = Resource::<Conn>::new_own(2).try_into_resource_any(&mut r.store)?;
        r.store
            .run_concurrent(async |accessor| {
                let calls = (0..10).map(|i| async move {
                    let mut out = [Val::Bool(false)];
                    lent.call_concurrent(accessor, &[Val::Resource(conn), Val::U32(i % 3)], &mut out).await?;
                    assert_eq!(out, [text("value of it")]);
                    wasmtime::error::Ok(())
                });
                all_of(calls).await
            })
            .await??;
        r.store.data_mut().conns += 1;
        conn.resource_drop_async(&mut r.store).await?;

        // One that is not async must not wait.
        let error = call(r, Some(GUEST), "sync", &[Val::U32(99)]).await.expect_err("it waits");
        println!("a sync export that waits: {error:#}");
        Ok(())
    })
}

/// Calls of the host are open at the same time: from goroutines of one call, and from calls of one instance.
pub fn at_once() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        r.scenario("sleep", 1).await?;
        for (name, all) in [("one call", vec![("goroutines", 20)]), ("20 calls", vec![("sleep", 50); 20])] {
            r.store.data_mut().most = 0;
            let start = Instant::now();
            for (_, result) in r.scenarios(&all).await? {
                result.expect("it works");
            }
            println!("20 sleeps of 50 ms in {name}: {:?}", start.elapsed());
            assert_eq!(r.store.data().most, 20, "in {name}");
            assert_eq!(r.store.data().open, 0);
        }
        Ok(())
    })
}

/// A mutex is held across calls of the host: 50 tasks go on one by one, and each returns in its own task.
pub fn mutex() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        let results = r.scenarios(&[("mutex", 1); 50]).await?;
        assert_eq!(results.len(), 50);
        for (_, result) in results {
            assert_eq!(result.as_deref(), Ok("0"), "nobody else was inside");
        }
        assert_eq!(r.store.data().most, 1);
        Ok(())
    })
}

/// What one call does is what another waits for.
pub fn between_calls() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        let results = r.scenarios(&[("wait", 0), ("wait", 0), ("wait", 0), ("signal", 3)]).await?;
        assert_eq!(results.len(), 4);
        assert!(results.iter().all(|(_, result)| result.is_ok()), "{results:?}");

        // What a call leaves behind goes on while another is in progress.
        r.scenario("leave", 20).await?;
        assert_eq!(r.scenario("left", 0).await?, "0");
        r.scenario("sleep", 40).await?;
        assert_eq!(r.scenario("left", 0).await?, "1");
        Ok(())
    })
}

/// Go's timers, which the host keeps.
pub fn timers() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        r.scenario("timer", 5).await?;
        let all: Vec<_> = (1..=20).map(|i| ("timer", i)).collect();
        for (_, result) in r.scenarios(&all).await? {
            result.expect("it waits long enough");
        }
        assert!(r.store.data().timers > 0, "the host was asked");
        assert_eq!(r.going_on().await?, (0, 0), "and nothing is left with it");
        Ok(())
    })
}

/// A context that is done cancels the host's call.
pub fn cancelled() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        let start = Instant::now();
        r.scenario("deadline", 20).await?;
        r.scenario("cause", 0).await?;
        for (_, result) in r.scenarios(&[("deadline", 20); 20]).await? {
            result.expect("it is cancelled");
        }
        assert!(start.elapsed().as_secs() < 30, "nothing has slept for a minute");
        assert_eq!(r.going_on().await?, (0, 0), "nothing goes on in the host");
        Ok(())
    })
}

/// A world without the clock of WASI 0.3: timers work, and calls of the host go on meanwhile.
pub fn polling() -> wasmtime::Result<()> {
    let module = Module::new("async-poll");
    module.write("main.go", include_str!("guests/polling.go"));
    let component = module.component(&[wit("async-poll")]);
    block_on(async {
        let r = &mut Running::new(&component, |linker| {
            linker.instance("test:polling/host")?.func_wrap_concurrent("sleep", |_, (ms,): (u32,)| {
                Box::pin(async move {
                    tokio::time::sleep(std::time::Duration::from_millis(ms.into())).await;
                    Ok(())
                })
            })
        })
        .await?;
        let run = r.func(None, "run");
        for _ in 0..3 {
            let mut out = [Val::Bool(false)];
            r.store
                .run_concurrent(async |accessor| run.call_concurrent(accessor, &[Val::U32(20)], &mut out).await)
                .await??;
            assert_eq!(out, [text("timer, host, deadline")]);
        }
        Ok(())
    })
}

/// 100,000 calls of the host in calls of the component, and nothing is left of them.
pub fn nothing_is_left() -> wasmtime::Result<()> {
    block_on(async {
        let r = &mut running().await?;
        r.scenario("loop", 10).await?;
        let (table, goroutines) = (r.store.concurrent_state_table_size(), r.scenario("goroutines left", 0).await?);
        let start = Instant::now();
        for _ in 0..10 {
            r.scenario("loop", 5_000).await?;
        }
        let one = start.elapsed() / 50_000;
        let memory = r.store.data().memory;
        for _ in 0..5_000 {
            r.scenario("loop", 10).await?;
        }
        println!("{one:?} for an async call; {memory} bytes of memory, then {}", r.store.data().memory);
        assert_eq!(r.store.concurrent_state_table_size(), table, "waitables, tasks and streams in the host");
        assert_eq!(r.scenario("goroutines left", 0).await?, goroutines);
        assert!(r.store.data().memory < 16 << 20, "{} bytes of memory", r.store.data().memory);
        Ok(())
    })
}
