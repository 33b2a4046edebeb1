//! The axes of key-value families: what can be large, strange or written in several ways.

use crate::{
    bench::{Bench, Bucket},
    catalogue::Axis,
    outcome::Outcome,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// Sizes at which values break: nothing, one byte, and around the buffers that hosts cut them to. The largest has a case of
/// its own: it takes a driver guest long.
pub const SIZES: Axis<usize> = &[("empty", 0), ("1-byte", 1), ("64-kib", 64 << 10), ("64-kib-and-1", (64 << 10) + 1)];

/// A value of this size. The case is skipped where the host declares that it takes none as large.
pub fn sized(bench: &Bench, size: usize) -> Outcome<Vec<u8>> {
    bench.fits("max-value-size", size)?;
    // No period of a power of two, so that a block that is lost or repeated shows.
    Ok((0..size).map(|at| (at % 251) as u8).collect())
}

/// What a key looks like.
#[derive(Clone, Copy)]
pub enum Key {
    Text(&'static str),
    /// The declared maximum, in letters of four bytes as far as they fit.
    Longest,
    /// Any letters.
    Random,
}

/// Classes of keys that hosts spell in different ways.
pub const KEYS: Axis<Key> = &[
    ("under-short-key", Key::Text("k")),
    ("under-path-key", Key::Text("/a/../b//c/.")),
    ("under-unicode-key", Key::Text("caf\u{e9} cafe\u{301} \u{202e}\u{5d0}\u{1f469}\u{200d}\u{1f680}")),
    ("under-escaped-key", Key::Text("100% %2F%2f\0:{a}*")),
    ("under-longest-key", Key::Longest),
    ("under-random-key", Key::Random),
];

impl Key {
    /// Such a key. The case is skipped where it needs a limit that the host does not declare.
    pub fn text(self, bench: &Bench) -> Outcome<String> {
        Ok(match self {
            Self::Text(text) => text.to_owned(),
            Self::Longest => {
                let most = bench.most("max-key-size")?;
                "\u{1f680}".repeat(most / 4) + &"k".repeat(most % 4)
            }
            Self::Random => {
                let mut random = StdRng::seed_from_u64(bench.seed);
                (0..20).map(|_| random.random::<char>()).collect()
            }
        })
    }
}

/// What is in a value.
#[derive(Clone, Copy)]
pub enum Bytes {
    Fixed(&'static [u8]),
    /// Each of the 256, in order.
    All,
    /// Any.
    Random,
}

/// Contents that hosts take for something else: text, numbers, nothing, markers of their own.
pub const BYTES: Axis<Bytes> = &[
    ("nothing", Bytes::Fixed(b"")),
    ("nul", Bytes::Fixed(b"\0")),
    ("nul-inside", Bytes::Fixed(b"a\0b\0")),
    ("invalid-utf-8", Bytes::Fixed(b"\xc3\x28\xff\xfe")),
    ("line-ends", Bytes::Fixed(b"\r\n \n\t")),
    ("byte-order-mark", Bytes::Fixed(b"\xef\xbb\xbfa")),
    ("number", Bytes::Fixed(b"007")),
    ("json", Bytes::Fixed(b"{\"a\": null}")),
    ("escape", Bytes::Fixed(b"%00+%zz")),
    ("all-bytes", Bytes::All),
    ("random-bytes", Bytes::Random),
];

impl Bytes {
    /// The bytes.
    pub fn value(self, bench: &Bench) -> Vec<u8> {
        match self {
            Self::Fixed(bytes) => bytes.to_vec(),
            Self::All => (0..=255).collect(),
            Self::Random => {
                let mut random = StdRng::seed_from_u64(bench.seed);
                (0..1000).map(|_| random.random()).collect()
            }
        }
    }
}

/// Which function writes.
#[derive(Clone, Copy)]
pub enum Way {
    Set,
    SetMany,
    Swap,
}

/// Every function of the standard that writes a value.
pub const WAYS: Axis<Way> = &[("by-set", Way::Set), ("by-set-many", Way::SetMany), ("by-swap", Way::Swap)];

/// What a write does to the key `k`.
#[derive(Clone, Copy)]
pub enum Write {
    Create,
    Replace,
    Empty,
    Delete,
    SetMany,
    DeleteMany,
    Increment,
    Swap,
}

/// Every kind of write of the standard.
pub const WRITES: Axis<Write> = &[
    ("set", Write::Create),
    ("set-again", Write::Replace),
    ("set-to-nothing", Write::Empty),
    ("delete", Write::Delete),
    ("set-many", Write::SetMany),
    ("delete-many", Write::DeleteMany),
    ("increment", Write::Increment),
    ("swap", Write::Swap),
];

impl Write {
    /// Writes `k`, after an old value where there is one to replace, and says whether `k` is there afterwards.
    pub async fn run(self, bucket: &Bucket) -> Outcome<bool> {
        if !matches!(self, Self::Create | Self::Increment) {
            bucket.set("k", "a long old value").await?;
        }
        match self {
            Self::Create | Self::Replace => bucket.set("k", "new").await?,
            Self::Empty => bucket.set("k", "").await?,
            Self::Delete => bucket.delete("k").await?,
            Self::SetMany => bucket.set_many(&[("k", "new"), ("l", "new")]).await?,
            Self::DeleteMany => bucket.delete_many(&["absent", "k"]).await?,
            Self::Increment => {
                bucket.increment("k", 41).await?;
                bucket.increment("k", 1).await?;
            }
            Self::Swap => bucket.cas("k").await?.wins("new").await?,
        }
        Ok(!matches!(self, Self::Delete | Self::DeleteMany))
    }
}

/// Two different keys.
pub type Twins = (&'static str, &'static str);

/// Pairs that hosts have taken for one key: folded, normalised, tidied, unescaped, cut, or read as a pattern.
pub const TWINS: Axis<Twins> = &[
    ("case", ("key", "KEY")),
    ("case-of-wide-letters", ("\u{e9}", "\u{c9}")),
    ("composed-and-decomposed", ("caf\u{e9}", "cafe\u{301}")),
    ("compatible-letters", ("\u{fb01}", "fi")),
    ("sharp-s", ("stra\u{df}e", "strasse")),
    ("full-width", ("a", "\u{ff41}")),
    ("joined-emoji", ("\u{1f469}\u{200d}\u{1f680}", "\u{1f469}\u{1f680}")),
    ("direction-mark", ("\u{202e}\u{5d0}", "\u{5d0}")),
    ("byte-order-mark", ("\u{feff}k", "k")),
    ("trailing-space", ("k ", "k")),
    ("leading-space", (" k", "k")),
    ("trailing-newline", ("k\n", "k")),
    ("trailing-nul", ("k\0", "k")),
    ("nul-inside", ("a\0b", "a")),
    ("trailing-dot", ("k.", "k")),
    ("leading-slash", ("/k", "k")),
    ("trailing-slash", ("k/", "k")),
    ("double-slash", ("a//b", "a/b")),
    ("dot-segment", ("a/./b", "a/b")),
    ("dot-dot-segment", ("a/../b", "b")),
    ("backslash", ("a\\b", "a/b")),
    ("colon", ("a:b", "a/b")),
    ("dots-and-slashes", ("a.b", "a/b")),
    ("unsafe-letters", ("a b", "a_b")),
    ("percent-escape", ("a%2Fb", "a/b")),
    ("percent-escape-case", ("a%2Fb", "a%2fb")),
    ("percent-escaped-twice", ("a%252Fb", "a%2Fb")),
    ("equals-escape", ("a=2Fb", "a/b")),
    ("plus", ("a+b", "a b")),
    ("star", ("a*", "abc")),
    ("question-mark", ("a?c", "abc")),
    ("letter-class", ("a[b]c", "abc")),
    ("percent-wildcard", ("a%", "abc")),
    ("underscore-wildcard", ("a_c", "abc")),
    ("prefix", ("key", "key-longer")),
    ("hash-tag", ("{a}b", "{a}c")),
    ("number", ("1", "01")),
    ("last-letter", ("k\u{10ffff}", "k\u{10fffe}")),
    ("last-of-many", (LONG_ONE, LONG_TWO)),
];

/// They differ in their last letter, after 64.
const LONG_ONE: &str = "0123456789012345678901234567890123456789012345678901234567890123a";
const LONG_TWO: &str = "0123456789012345678901234567890123456789012345678901234567890123b";
