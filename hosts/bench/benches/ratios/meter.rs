//! How time is taken.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// The CPU time that this thread has used.
fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(now).expect("a time after the thread began")
}

/// The CPU time of something that stays on this thread, as a task on which `block_on` waits does.
pub async fn cpu_of(work: impl Future<Output = ()>) -> Duration {
    let began = cpu();
    work.await;
    cpu() - began
}

/// How often, as a guest counts. Criterion does not ask for more than a guest can count.
pub fn times(iterations: u64) -> u32 {
    u32::try_from(iterations).expect("fewer than 2^32 iterations")
}
