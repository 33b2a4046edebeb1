//! `get` and `set` from a guest, on memory, against the crate that comes with wasmtime.

use crate::{
    guest, meter,
    table::{Row, Table},
};
use criterion::Criterion;
use tokio::runtime::Runtime;

pub fn measure(criterion: &mut Criterion, runtime: &Runtime, table: &mut Table) {
    let engine = guest::engine().expect("an engine");
    for (size, shown) in [(16, "16 B"), (64 << 10, "64 KiB")] {
        let mut ours = runtime.block_on(guest::ours(&engine, [].into())).expect("our host");
        let mut peer = runtime.block_on(guest::peer(&engine)).expect("the other host");
        for op in ["set", "get"] {
            // A macro, since the two guests differ in type and closures cannot be generic.
            macro_rules! calls {
                ($guest:expr) => {
                    |b: &mut criterion::Bencher<'_>| {
                        b.iter_custom(|n| {
                            let calls = async {
                                match op {
                                    "set" => $guest.set(meter::times(n), size).await,
                                    _ => $guest.get(meter::times(n), size).await,
                                }
                                .expect("calls")
                            };
                            runtime.block_on(meter::cpu_of(calls))
                        })
                    }
                };
            }
            let id = format!("guest-{op}-{size}");
            // What `get` finds, also where a filter leaves `set` out.
            runtime.block_on(ours.set(1, size)).expect("a value");
            runtime.block_on(peer.set(1, size)).expect("a value");
            let mut group = criterion.benchmark_group(&*id);
            group.bench_function("ours", calls!(ours)).bench_function("peer", calls!(peer));
            group.finish();
            let what = format!("`{op}` of {shown} from a guest, on memory");
            table.add(Row { id, what, peer: "`wasmtime-wasi-keyvalue` 48" });
        }
    }
}
