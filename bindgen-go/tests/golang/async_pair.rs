//! Two components, one of which calls the other: a call that is cancelled is a context that is done.

use std::time::Duration;

use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions, plug};
use wasmtime::component::Val;

use crate::async_host::{Running, block_on};
use crate::guest::{Module, generate_world};

fn component(world: &str, code: &str) -> Vec<u8> {
    let module = Module::empty();
    module.write("go.mod", "module example.com/guest\n\ngo 1.26\n");
    module.write("pair.wit", include_str!("guests/pair.wit"));
    module.add("gen", &generate_world(&module.path("pair.wit"), Some(world), "example.com/guest/gen", None));
    module.write("main.go", code);
    module.component(&[module.path("gen/world.wit")])
}

fn pair() -> Vec<u8> {
    let mut graph = CompositionGraph::new();
    let mut add = |name: &str, bytes: Vec<u8>| {
        let package = Package::from_bytes(name, None, bytes, graph.types_mut()).expect("a component");
        graph.register_package(package).expect("it is new")
    };
    let caller = add("test:caller", component("caller", include_str!("guests/caller.go")));
    let callee = add("test:callee", component("callee", include_str!("guests/callee.go")));
    plug(&mut graph, vec![callee], caller).expect("they fit");
    graph.encode(EncodeOptions::default()).expect("it is encoded")
}

pub fn cancelled() -> wasmtime::Result<()> {
    let pair = pair();
    block_on(async {
        let r = &mut Running::new(&pair, |linker| {
            linker.instance("test:pair/host")?.func_wrap_concurrent("sleep", |_, (ms,): (u32,)| {
                Box::pin(async move {
                    tokio::time::sleep(Duration::from_millis(ms.into())).await;
                    Ok(())
                })
            })
        })
        .await?;
        let run = r.func(None, "run");
        for i in 1..=20 {
            let mut out = [Val::Bool(false)];
            r.store
                .run_concurrent(async |accessor| run.call_concurrent(accessor, &[Val::U32(5)], &mut out).await)
                .await??;
            assert_eq!(out, [Val::String(format!("{i} cancelled"))]);
        }
        Ok(())
    })
}
