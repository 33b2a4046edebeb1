//! What a session has been sent and not acknowledged.
//!
//! Messages are settled in any order and acknowledged in the order in which they came (MQTT 5, 4.6). After a lost connection
//! the server sends again what it has no acknowledgement for, under the same numbers: what is still being handled is not
//! handed out twice.

use std::collections::{HashMap, VecDeque};

#[derive(Debug, Default)]
pub(super) struct Window {
    /// Numbers on this connection in the order in which they came, and whether they are settled.
    came: VecDeque<(u16, bool)>,
    /// Numbers of the connection before, which the server will send again.
    before: HashMap<u16, bool>,
    /// Counts sessions: the numbers of one mean nothing in another.
    session: u64,
}

impl Window {
    /// A new connection, with the same session or another one.
    pub(super) fn connected(&mut self, is_same: bool) {
        if is_same {
            self.before.extend(self.came.drain(..));
        } else {
            *self = Self { session: self.session + 1, ..Self::default() };
        }
    }

    /// What to call the message later, if it is to be handed out.
    pub(super) fn arrived(&mut self, number: u16, is_again: bool) -> Option<(u64, u16)> {
        // A number that is not sent again is free for another message.
        let held = self.before.remove(&number).filter(|_| is_again);
        self.came.push_back((number, held == Some(true)));
        held.is_none().then_some((self.session, number))
    }

    /// A message need not be sent again.
    pub(super) fn settle(&mut self, (session, number): (u64, u16)) {
        if session != self.session {
            return;
        }
        let now = self.came.iter_mut().find(|(came, _)| *came == number).map(|(_, settled)| settled);
        if let Some(settled) = now.or_else(|| self.before.get_mut(&number)) {
            *settled = true;
        }
    }

    /// A message is neither settled nor handled any more: it comes with the next connection.
    pub(super) fn forget(&mut self, (session, number): (u64, u16)) {
        if session == self.session {
            self.came.retain(|(came, _)| *came != number);
            self.before.remove(&number);
        }
    }

    /// The next number to acknowledge.
    pub(super) fn acknowledge(&mut self) -> Option<u16> {
        let (number, _) = self.came.pop_front_if(|(_, settled)| *settled)?;
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acknowledged(window: &mut Window) -> Vec<u16> {
        std::iter::from_fn(|| window.acknowledge()).collect()
    }

    fn arrive<const N: usize>(window: &mut Window, numbers: [u16; N]) -> [(u64, u16); N] {
        numbers.map(|number| window.arrived(number, false).expect("new"))
    }

    #[test]
    fn acknowledgements_keep_the_order() {
        let mut window = Window::default();
        let [one, two, three] = arrive(&mut window, [1, 2, 3]);
        window.settle(two);
        assert!(acknowledged(&mut window).is_empty());
        window.settle(one);
        assert_eq!(acknowledged(&mut window), [1, 2]);
        window.settle(three);
        assert_eq!(acknowledged(&mut window), [3]);
    }

    #[test]
    fn what_is_being_handled_is_not_handed_out_again() {
        let mut window = Window::default();
        let [one, two, _] = arrive(&mut window, [1, 2, 3]);
        window.connected(true);
        // Settled between two connections: acknowledged when it is sent again.
        window.settle(two);
        assert!(acknowledged(&mut window).is_empty());
        assert_eq!((window.arrived(1, true), window.arrived(2, true)), (None, None));
        assert!(acknowledged(&mut window).is_empty());
        window.settle(one);
        assert_eq!(acknowledged(&mut window), [1, 2]);
        // Another message under a number that was not sent again.
        assert!(window.arrived(3, false).is_some());
        // An acknowledgement that was lost.
        assert!(window.arrived(1, true).is_some());
    }

    #[test]
    fn numbers_of_another_session_mean_nothing() {
        let mut window = Window::default();
        let [old] = arrive(&mut window, [1]);
        window.connected(false);
        let [new] = arrive(&mut window, [1]);
        window.settle(old);
        assert!(acknowledged(&mut window).is_empty());
        window.settle(new);
        assert_eq!(acknowledged(&mut window), [1]);
    }

    #[test]
    fn what_is_forgotten_comes_with_the_next_connection() {
        let mut window = Window::default();
        let [one, two] = arrive(&mut window, [1, 2]);
        window.forget(one);
        window.settle(two);
        assert_eq!(acknowledged(&mut window), [2]);
        window.connected(true);
        assert!(window.arrived(1, true).is_some());
    }
}
