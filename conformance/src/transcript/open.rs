//! Which cases have no one transcript.

/// Cases that have no one transcript, because the law leaves to chance or to the host what these lines show. That it
/// stays within the law, the cases see to.
pub const OPEN: [&str; 20] = [
    // Who wins a race, and what is seen of it.
    "keyvalue/store/readers-see-whole-values-only",
    "keyvalue/store/set-and-delete-at-once-end-as-one-of-them",
    "keyvalue/store/writers-of-one-key-leave-one-whole-value",
    "keyvalue/atomics/one-of-two-racing-creations-wins",
    "keyvalue/atomics/one-of-two-racing-swaps-wins",
    "keyvalue/extension/one-of-many-puts-of-an-absent-key-wins",
    "keyvalue/extension/one-of-many-puts-with-one-version-wins",
    "keyvalue/extension/one-of-many-deletes-with-one-version-wins",
    // How far the one has come when the other looks.
    "keyvalue/atomics/increments-disturb-swaps-and-lose-nothing",
    "keyvalue/extension/value-and-version-are-of-one-moment",
    // Which page a key is on, and so what is left after one page (KV-STORE-15), or changes before it comes (KVX-46).
    "keyvalue/store/cursor-is-accepted-again",
    "keyvalue/store/thousands-of-keys-are-all-listed",
    "keyvalue/store/listing-is-whole-where-a-page-ends",
    "keyvalue/store/listings-at-once-are-whole",
    "keyvalue/store/untouched-keys-survive-a-listing-during-deletes",
    "keyvalue/store/untouched-keys-survive-a-listing-during-writes",
    "keyvalue/extension/untouched-keys-survive-a-listing-during-changes",
    // What a cursor does with another prefix or bucket (KVX-49).
    "keyvalue/extension/cursor-elsewhere-is-harmless",
    // Whether counters and swaps keep a lifetime (KVX-39).
    "keyvalue/extension/counter-and-swap-with-a-lifetime",
    // Whether a lifetime of 285,000 years is kept or refused (KVX-37).
    "keyvalue/extension/long-lifetimes-are-kept-or-refused",
];

/// The same, of guests alone: at which handle the table is full, since what a language opens for itself is in it too.
pub const OF_GUESTS: &str = "keyvalue/store/ten-thousand-handles-end-in-an-error";

/// Whether a case of guests has one.
#[must_use]
pub fn is_open(id: &str) -> bool {
    id == OF_GUESTS || OPEN.contains(&id)
}
