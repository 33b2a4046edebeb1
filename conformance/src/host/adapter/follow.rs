//! The lines of a program that nobody has asked for, until the case reads them.

use super::MOST;
use crate::session::Broken;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::mpsc;

/// What a line costs beside its text, in bytes.
const OVERHEAD: usize = 64;

/// The end that tells.
pub(super) struct Followed {
    lines: mpsc::UnboundedSender<Result<String, Broken>>,
    unread: Arc<AtomicUsize>,
}

/// The end that reads.
pub(super) struct Following {
    lines: mpsc::UnboundedReceiver<Result<String, Broken>>,
    unread: Arc<AtomicUsize>,
}

pub(super) fn follow() -> (Followed, Following) {
    let ((sender, lines), unread) = (mpsc::unbounded_channel(), Arc::new(AtomicUsize::new(0)));
    (Followed { lines: sender, unread: unread.clone() }, Following { lines, unread })
}

impl Followed {
    /// What is too much to be kept is left out, and the reader is told so once it has read the rest.
    pub fn tell(&self, said: Result<String, Broken>) {
        let size = said.as_ref().map_or(0, |line| line.len() + OVERHEAD);
        let before = self.unread.fetch_add(size, Ordering::Relaxed);
        if before > MOST {
            return;
        }
        let breach =
            || Broken::Protocol(format!("the program printed more than {MOST} bytes that nobody had asked for"));
        let said = if before + size > MOST { Err(breach()) } else { said };
        // Nobody may want to know any more.
        let _ = self.lines.send(said);
    }
}

impl Following {
    /// The next line. Cancel-safe.
    pub async fn next(&mut self) -> Result<String, Broken> {
        let said = self.lines.recv().await;
        if let Some(Ok(line)) = &said {
            self.unread.fetch_sub(line.len() + OVERHEAD, Ordering::Relaxed);
        }
        said.unwrap_or_else(|| Err(Broken::HostDied("the program's lines ended".into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_read_makes_room_and_what_is_not_is_told_of_once() {
        let (followed, mut following) = follow();
        let long = "x".repeat(MOST / 3);
        for _ in 0..10 {
            followed.tell(Ok(long.clone()));
            assert_eq!(following.next().await.map(|line| line.len()), Ok(long.len()));
        }
        for _ in 0..10 {
            followed.tell(Ok(long.clone()));
        }
        drop(followed);
        assert!(following.next().await.is_ok() && following.next().await.is_ok());
        assert!(matches!(following.next().await, Err(Broken::Protocol(_))));
        assert!(matches!(following.next().await, Err(Broken::HostDied(_))), "nothing else was kept");
    }
}
