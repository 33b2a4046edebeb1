//! One operation of a sequence.

use proptest::{prelude::*, strategy::Union};

/// An operation, and through which of the handles on the same label it is done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// From 0.
    pub handle: u32,
    /// The operation.
    pub what: What,
}

/// An operation. Counters have keys of their own: what an increment makes of other values is not for every host the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// `get`.
    Get(String),
    /// `set`.
    Set(String, Vec<u8>),
    /// `delete`.
    Delete(String),
    /// `exists`.
    Exists(String),
    /// Every key.
    List,
    /// `increment` of a counter.
    Increment(String, i64),
    /// `get-many`.
    GetMany(Vec<String>),
    /// `set-many`.
    SetMany(Vec<(String, Vec<u8>)>),
    /// `delete-many`.
    DeleteMany(Vec<String>),
    /// `cas.new` and `swap`.
    Swap(String, Vec<u8>),
    /// The same with a `set` in between, so that the swap must fail.
    LateSwap(String, Vec<u8>),
    /// Drops the handle and opens the label again.
    Reopen,
}

/// Few, so that operations meet; alike, so that a host that takes one for another is found.
const KEYS: [&str; 6] = ["a", "A", "a/b", "b", "ab", "\u{e9}"];
const COUNTERS: [&str; 2] = ["n", "n/1"];

fn key() -> impl Strategy<Value = String> {
    prop::sample::select(&KEYS[..]).prop_map(str::to_owned)
}

/// A counter's value is read as a number by other functions too, which not every host promises: they ask for no more than
/// whether it is there.
fn any_key() -> impl Strategy<Value = String> {
    prop::sample::select([&KEYS[..], &COUNTERS[..]].concat()).prop_map(str::to_owned)
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        3 => prop::collection::vec(any::<u8>(), 0..4),
        1 => prop::sample::select(vec![b"7".to_vec(), b"null".to_vec(), b" ".to_vec(), vec![0; 100]]),
    ]
}

/// One of what can be put to a host that lacks these words, through one of so many handles.
pub(super) fn steps(lacks: &[&str], handles: u32) -> impl Strategy<Value = Step> + use<> {
    let has = |word: &str| !lacks.contains(&word);
    // Each key once: what else is answered, or remains, the law leaves open.
    let some = |of: &[&'static str]| {
        let keys = prop::sample::subsequence(of.to_vec(), 0..4).prop_shuffle();
        keys.prop_map(|keys| keys.into_iter().map(str::to_owned).collect::<Vec<_>>())
    };
    let mut all: Vec<(u32, BoxedStrategy<What>)> = vec![
        (4, key().prop_map(What::Get).boxed()),
        (6, (key(), value()).prop_map(|(key, value)| What::Set(key, value)).boxed()),
        (3, any_key().prop_map(What::Delete).boxed()),
        (2, any_key().prop_map(What::Exists).boxed()),
        (2, Just(What::List).boxed()),
    ];
    // What is opened again is another handle.
    if handles > 1 {
        all.push((1, Just(What::Reopen).boxed()));
    }
    if has("atomics") {
        let least = if has("decrement") { -3 } else { 0 };
        let counter = prop::sample::select(&COUNTERS[..]).prop_map(str::to_owned);
        all.push((3, (counter, least..=3_i64).prop_map(|(key, delta)| What::Increment(key, delta)).boxed()));
    }
    if has("batch") {
        all.push((2, some(&KEYS).prop_map(What::GetMany).boxed()));
        all.push((
            2,
            prop::collection::btree_map(key(), value(), 0..4)
                .prop_map(|all| What::SetMany(all.into_iter().collect()))
                .boxed(),
        ));
        all.push((2, some(&[&KEYS[..], &COUNTERS[..]].concat()).prop_map(What::DeleteMany).boxed()));
    }
    if has("cas") {
        all.push((2, (key(), value()).prop_map(|(key, value)| What::Swap(key, value)).boxed()));
        all.push((1, (key(), value()).prop_map(|(key, value)| What::LateSwap(key, value)).boxed()));
    }
    (0..handles.max(1), Union::new_weighted(all)).prop_map(|(handle, what)| Step { handle, what })
}
