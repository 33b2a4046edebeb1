//! What the host logs: of a message that was not handled, only the log says why.

use std::{
    io::{self, Write},
    sync::{Mutex, Once},
};

static WRITTEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static STARTED: Once = Once::new();

/// The log of this program, in which all tests write.
pub struct Log;

impl Log {
    /// From now on, whatever thread it comes from.
    pub fn begin() -> Self {
        STARTED.call_once(|| tracing_subscriber::fmt().with_ansi(false).with_writer(|| Self).init());
        Self
    }

    /// The lines that name this topic.
    pub fn of_topic(&self, topic: &str) -> String {
        let written = WRITTEN.lock().expect("nobody panics with it");
        let text = String::from_utf8_lossy(&written);
        text.lines().filter(|line| line.contains(&format!("topic=\"{topic}\""))).collect::<Vec<_>>().join("\n")
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        WRITTEN.lock().expect("nobody panics with it").write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
