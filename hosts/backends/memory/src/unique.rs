//! Texts that never come twice.

use std::hash::{BuildHasher, Hasher, RandomState};

/// A counter behind a random mark of its own: its texts differ from each other and from those of every other instance,
/// so that a text kept from an earlier process, or handed to another store, means nothing there.
#[derive(Debug)]
pub(crate) struct Unique {
    /// Spelled once, since it begins every text.
    mark: String,
    count: u64,
}

impl Default for Unique {
    fn default() -> Self {
        // The standard library seeds hash maps at random; that is all the randomness needed here.
        Self { mark: format!("{:016x}-", RandomState::new().build_hasher().finish()), count: 0 }
    }
}

impl Unique {
    /// A text that no call returned before.
    pub(crate) fn next(&mut self) -> String {
        self.count += 1;
        self.mark.clone() + &self.count.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_one_counter_nor_two_say_anything_twice() {
        let (mut a, mut b) = (Unique::default(), Unique::default());
        let mut said: Vec<_> = (0..10).flat_map(|_| [a.next(), b.next()]).collect();
        said.sort();
        said.dedup();
        assert_eq!(said.len(), 20);
    }
}
