use std::{
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often the manifest is looked at.
const PERIOD: Duration = Duration::from_millis(500);

/// Looks at one file again and again. It is asked, not the system's own watcher: that one sees neither network file
/// systems nor what a container mounts, and loses a file that is replaced by another of its name.
pub struct Watch {
    file: PathBuf,
    ticks: Interval,
    /// As it was when somebody was told.
    told: Stamp,
    /// As it was last time.
    seen: Stamp,
}

/// When it was changed, and how long it is; `None` while it is not there.
type Stamp = Option<(SystemTime, u64)>;

impl Watch {
    pub fn new(file: PathBuf) -> Self {
        let mut ticks = interval(PERIOD);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let now = stamp(&file);
        Self { file, ticks, told: now, seen: now }
    }

    /// Returns once the file is another and somebody has finished writing it: it was the same twice. Cancel-safe.
    pub async fn changed(&mut self) {
        loop {
            self.ticks.tick().await;
            let before = std::mem::replace(&mut self.seen, stamp(&self.file));
            if self.seen.is_some() && self.seen == before && self.seen != self.told {
                self.told = self.seen;
                return;
            }
        }
    }
}

fn stamp(file: &PathBuf) -> Stamp {
    let about = fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}
