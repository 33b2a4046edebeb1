//! How much a run on the memory host is, pinned: fewer is red. What Redis runs is pinned in `redis.rs`.

mod support;

use cloud_conformance::host::Altitude;
use support::{judge, pinned, ready, workers};

#[test]
fn the_memory_host_runs_what_it_ran() {
    let workers = workers();
    let prepared = ready(&workers, "memory", None).expect("a host");
    for altitude in [Altitude::Direct, Altitude::Embedded] {
        let ran = judge(&workers, &prepared, altitude, &[], |_| ()).expect("a run");
        assert_eq!(ran.failed(), [""; 0], "{altitude}");
        assert_eq!((ran.summary.planned, ran.summary.executed), pinned("memory", altitude), "{altitude}");
    }
}
