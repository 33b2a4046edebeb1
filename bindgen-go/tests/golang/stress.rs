//! Many calls: no trap in a collection, and a memory that does not grow.

use std::time::Instant;

use wasmtime::component::Val;

use crate::echo::{guest, link_echo};
use crate::guest::{Module, Running, wit};
use crate::resources::{self, COUNTERS};

/// As much as a component with these calls may need.
const MEMORY: usize = 16 << 20;

/// 200,000 exports, each of which makes eleven imports, with resources that are closed, given away, and left behind.
pub fn small() -> wasmtime::Result<()> {
    let mut running = Running::new(&resources::component(), resources::link);
    let start = Instant::now();
    for i in 0..200_000 {
        let got = running.call(COUNTERS, "keep", &[Val::String(format!("bucket {i}"))])?;
        assert_eq!(got, Val::Result(Ok(Some(Box::new(Val::U32(0))))));
    }
    flat(&running, "200,000 calls", start);
    Ok(())
}

/// The figures, for the log, and the limit.
fn flat(running: &Running, what: &str, start: Instant) {
    let memory = running.store.data().memory;
    eprintln!("{what}: {:.1} s, {} KiB of memory", start.elapsed().as_secs_f64(), memory >> 10);
    assert!(memory < MEMORY, "{memory} bytes of memory");
}

/// One export that makes 500,000 imports before it returns.
pub fn long() -> wasmtime::Result<()> {
    let mut running = Running::new(&resources::component(), resources::link);
    let start = Instant::now();
    let got = running.call(COUNTERS, "loop", &[Val::U32(50_000)])?;
    assert_eq!(got, Val::Result(Ok(Some(Box::new(Val::U32(0))))));
    flat(&running, "one call with 500,000 imports", start);
    let left = running.store.data().buckets.len();
    assert!(left < 20_000, "{left} buckets are left");
    Ok(())
}

/// 3,000 calls with 256 KiB each way, the collector running in between.
pub fn large() -> wasmtime::Result<()> {
    let module = Module::new("lists");
    module.write("main.go", &guest(&module, &[("gen", "lists")]));
    let mut running = Running::new(&module.component(&[wit("lists")]), link_echo);
    let payload = Val::String("0123456789abcdef".repeat(16 << 10));
    let payload = Val::List(vec![payload]);
    let start = Instant::now();
    for _ in 0..3_000 {
        let got = running.call("test:lists/lists", "echo-strings", std::slice::from_ref(&payload))?;
        assert_eq!(got, payload);
    }
    flat(&running, "3,000 calls with 256 KiB each way", start);
    Ok(())
}
