//! What wasi-cloud costs: every figure stands beside that of somebody else who does the same in the same run, and the
//! table at the end shows both and their ratio.
//!
//! `cargo bench -p wasi-cloud-bench` runs all, `cargo bench -p wasi-cloud-bench -- set` what has `set` in its name. What
//! only computes is measured in CPU time of its thread, which a busy machine disturbs little; what waits for a server or
//! for other threads is measured by the clock.

#![allow(missing_docs, reason = "a program")]
#![allow(clippy::expect_used, clippy::panic, reason = "a bench that fails has no other way to say so")]

mod batch;
mod calls;
mod golang;
mod guest;
mod instances;
mod layers;
mod meter;
mod suite;
mod table;

use criterion::Criterion;
use std::{process::ExitCode, time::Duration};

fn main() -> ExitCode {
    if let Some(args) = suite::arguments() {
        return cloud_conformance::cli::main(args);
    }
    let mut criterion = Criterion::default()
        .output_directory(table::FOLDER.as_ref())
        .without_plots()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .sample_size(50)
        .configure_from_args();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("a runtime");
    let mut table = table::Table::new();
    calls::measure(&mut criterion, &runtime, &mut table);
    layers::measure(&mut criterion, &runtime, &mut table);
    batch::measure(&mut criterion, &runtime, &mut table);
    instances::measure(&mut criterion, &runtime, &mut table);
    golang::measure(&mut criterion, &runtime, &mut table);
    suite::measure(&mut criterion, &mut table);
    criterion.final_summary();
    table.print();
    ExitCode::SUCCESS
}
