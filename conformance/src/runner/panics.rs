//! Panics of tasks that nobody waits for: no verdict tells of them, so the run does.

use std::{
    panic,
    sync::{Arc, Mutex, PoisonError},
};

/// The panics so far. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Panics(Arc<Mutex<Vec<Noted>>>);

#[derive(Debug, Clone)]
struct Noted {
    text: String,
    place: String,
}

impl Panics {
    /// Notes every panic of this process from now on. Whoever told of panics before still does.
    #[must_use]
    pub fn of_this_process() -> Self {
        let (this, before) = (Self::default(), panic::take_hook());
        let panics = this.clone();
        panic::set_hook(Box::new(move |info| {
            let place = info.location().map_or_else(|| "an unknown place".to_owned(), ToString::to_string);
            panics.note(super::guard::text(info.payload()), &place);
            before(info);
        }));
        this
    }

    pub(super) fn note(&self, text: &str, place: &str) {
        let noted = Noted { text: text.to_owned(), place: place.to_owned() };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(noted);
    }

    /// Where it panicked without that one of these verdicts tells of it. The texts stay on stderr: they may hold what no
    /// report may show.
    pub(super) fn untold(&self, told: &[String]) -> Vec<String> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let untold = noted.iter().filter(|panic| !told.iter().any(|why| why.contains(&panic.text)));
        untold.map(|panic| panic.place.clone()).collect()
    }
}
