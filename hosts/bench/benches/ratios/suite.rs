//! The whole `run --host memory`, as a process: this program stands in for `cloud-conformance`.

use crate::table::{Goal, Table};
use cloud_conformance::service::{Redis, Server};
use criterion::Criterion;
use std::{
    ffi::OsString,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The first argument of the process that is measured.
const AS_SUITE: &str = "as-suite";

/// The suite's own arguments, if this process is to be the suite.
pub fn arguments() -> Option<Vec<OsString>> {
    let mut args = std::env::args_os().skip(1);
    (args.next()? == AS_SUITE).then(|| std::iter::once("cloud-conformance".into()).chain(args).collect())
}

pub fn measure(criterion: &mut Criterion, table: &mut Table) {
    let this = std::env::current_exe().expect("this program's path");
    for (host, goal) in [("memory", 5), ("redis", 20)] {
        let run = || {
            let mut command = Command::new(&this);
            command.args([AS_SUITE, "run", "--host", host, "--quiet"]).stdout(Stdio::null());
            let began = Instant::now();
            let ended = command.status().expect("a process");
            assert!(ended.success(), "`run --host {host}` ended with {ended}");
            began.elapsed()
        };
        let what = format!("the whole `run --host {host}`, by the clock");
        if host == "redis" && !has_redis() {
            table.skip(&what, Redis.install());
            continue;
        }
        let id = format!("suite-{host}");
        let mut group = criterion.benchmark_group(&*id);
        group.sample_size(10).warm_up_time(Duration::from_millis(1));
        group.bench_function("ours", |b| b.iter_custom(|n| (0..n).map(|_| run()).sum()));
        group.finish();
        table.goal(Goal { id, what, goal: Duration::from_secs(goal) });
    }
}

fn has_redis() -> bool {
    let found = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}
