//! For how many messages there is room, and whether the reader knows of a failure.

#[derive(Default)]
pub(super) struct Room {
    /// Less than none if messages were taken ahead.
    left: isize,
    /// Set from when the reader is told of a failure until it makes room again.
    failed: bool,
}

impl Room {
    pub(super) const fn more(&mut self, messages: usize) {
        self.left = self.left.saturating_add_unsigned(messages);
        self.failed = false;
    }

    /// One more has come.
    pub(super) const fn taken(&mut self) {
        self.left -= 1;
    }

    /// With what may be taken ahead.
    pub(super) fn with(&self, ahead: usize) -> usize {
        usize::try_from(self.left.saturating_add_unsigned(ahead)).unwrap_or(0)
    }

    /// The room that is given up, which the reader is to be told of. `None` if it was told already: the server says of each question
    /// that it has failed, and for the reader that is one failure.
    pub(super) fn failed(&mut self) -> Option<usize> {
        if std::mem::replace(&mut self.failed, true) {
            return None;
        }
        let given_up = usize::try_from(self.left).unwrap_or(0);
        // What was taken ahead still has no room.
        self.left = self.left.min(0);
        Some(given_up)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_once_until_there_is_room_again() {
        let mut room = Room::default();
        room.more(8);
        room.taken();
        assert_eq!(room.failed(), Some(7));
        assert_eq!((room.failed(), room.failed(), room.with(0)), (None, None, 0));
        room.more(2);
        assert_eq!((room.failed(), room.failed()), (Some(2), None));
    }

    #[test]
    fn what_was_taken_ahead_has_no_room_after_a_failure_either() {
        let mut room = Room::default();
        room.taken();
        room.taken();
        assert_eq!((room.with(3), room.failed()), (1, Some(0)));
        room.more(2);
        assert_eq!((room.with(0), room.with(1)), (0, 1));
    }
}
