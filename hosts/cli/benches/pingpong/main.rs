//! How many messages a second `wasi-cloud serve` handles with pingpong, beside a native program that does the same with the
//! same client crates, both with NATS for messages and Redis for the count:
//!
//! `cargo bench -p wasi-cloud --features nats --bench pingpong`, with `-- --help` for what can be chosen.
//!
//! A round: pings wait at the broker, the program is started, and what counts is the time from its first pong to its last.
//! Ours and the native one take turns, and the table has the medians.

#![allow(missing_docs, reason = "a program")]
#![allow(clippy::expect_used, clippy::panic, reason = "a bench that fails has no other way to say so")]

#[path = "../../tests/serve/guest.rs"]
mod guest;
mod native;
#[path = "../../tests/serve/nats.rs"]
#[allow(dead_code, reason = "the bench needs less of it")]
mod nats;
#[path = "../../tests/needs/mod.rs"]
mod needs;
mod ours;
mod pings;
#[path = "../../tests/serve/redis.rs"]
#[allow(dead_code, reason = "the bench needs less of it")]
mod redis;
#[path = "../../tests/serve/served.rs"]
#[allow(dead_code, reason = "the bench needs less of it")]
mod served;

use clap::Parser;
use nats::Nats;
use redis::Redis;
use std::time::Duration;
use tokio::runtime::Runtime;

/// What can be chosen.
#[derive(Parser)]
#[command(bin_name = "cargo bench -p wasi-cloud --features nats --bench pingpong --")]
struct Choice {
    /// How many pings wait in each round.
    #[arg(long, default_value_t = 10_000)]
    pings: usize,
    /// How many rounds are run of each; their median counts.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// How many messages are handled at once, one after the other.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8, 16, 32])]
    concurrency: Vec<usize>,
    /// How many messages an instance of ours handles before a fresh one takes its place.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 1000])]
    reuse: Vec<usize>,
    /// What cargo says.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() {
    if let Some(job) = native::Job::of_this_process() {
        return Runtime::new().expect("a runtime").block_on(job.run());
    }
    let choice = Choice::parse();
    if let Some(why) = nats::missing().or_else(redis::missing) {
        return println!("not run: {why}");
    }
    println!(
        "| at once | messages an instance | wasi-cloud, pings a second | native | ratio |\n|---:|---:|---:|---:|---:|"
    );
    for &concurrency in &choice.concurrency {
        let mut ours = vec![Vec::new(); choice.reuse.len()];
        let mut native = Vec::new();
        for _ in 0..choice.rounds {
            for (ours, &reuse) in ours.iter_mut().zip(&choice.reuse) {
                ours.push(round(|nats, redis| ours::measure(nats, redis, concurrency, reuse, choice.pings)));
            }
            native.push(round(|nats, redis| native::measure(nats, redis, concurrency, choice.pings)));
        }
        let rate = |times| (choice.pings - 1) as f64 / median(times).as_secs_f64();
        let native = rate(native);
        for (ours, reuse) in ours.into_iter().zip(&choice.reuse) {
            let ours = rate(ours);
            println!("| {concurrency} | {reuse} | {ours:.0} | {native:.0} | {:.2} |", ours / native);
        }
    }
}

/// With servers that have nothing yet.
fn round(measure: impl FnOnce(&Nats, &Redis) -> Duration) -> Duration {
    measure(&Nats::start(), &Redis::start())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
