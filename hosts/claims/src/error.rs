//! Why claims are refused, and what to do about it.

use humantime::format_rfc3339_seconds;
use std::time::{SystemTime, UNIX_EPOCH};

/// A clock may say anything.
fn shown(time: SystemTime) -> humantime::Rfc3339Timestamp {
    format_rfc3339_seconds(time.max(UNIX_EPOCH))
}

/// Why claims are refused. The message says what to do next.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no WebAssembly binary.
    #[error("this is no WebAssembly binary, or it is damaged at byte {at} of {length}; build or copy it again")]
    Damaged {
        /// Where it stops making sense.
        at: usize,
        /// How long it is.
        length: usize,
    },
    /// There are no claims.
    #[error("it is not signed; sign it with `wasi-cloud sign`, or get a signed one from its maker")]
    Unsigned,
    /// Something was appended, or there are two claims sections.
    #[error(
        "something follows its claims, which must be the last section; it was changed after it was signed: sign it again from its source"
    )]
    NotLast,
    /// The section or the token in it is not of the one form there is.
    #[error(
        "its claims cannot be read: {0}; they are damaged or of another tool: sign it again with `wasi-cloud sign`"
    )]
    Malformed(String),
    /// The claims are of a later version of this format.
    #[error("its claims are of version {0}, and this program knows version 1; take a newer wasi-cloud")]
    Version(u64),
    /// No key of the store is the issuer's.
    #[error(
        "it was signed by the key {issuer:?}, which is not trusted; give that public key with --trust, or in [trust] of a manifest, if you trust its owner"
    )]
    Untrusted {
        /// What the header says of the issuer. The signature was not checked.
        issuer: String,
    },
    /// The signature is not the issuer's.
    #[error("its signature is wrong: the claims were changed after they were signed; get it again from its maker")]
    Signature,
    /// The claims were made for other bytes.
    #[error(
        "its bytes are not those that were signed; get it again from its maker, or sign it anew if the change is yours"
    )]
    Changed,
    /// Too early.
    #[error("its claims hold from {} on, and it is {}; wait, or set the clock of this machine", format_rfc3339_seconds(*.from), shown(*.now))]
    NotYet {
        /// From when on they hold.
        from: SystemTime,
        /// What time it is.
        now: SystemTime,
    },
    /// Too late.
    #[error("its claims expired at {}; have it signed again", format_rfc3339_seconds(*.at))]
    Expired {
        /// Since when they do not hold.
        at: SystemTime,
    },
}

/// Why a key cannot be used. Says nothing of what is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A private key where a public one is enough.
    #[error(
        "this is a private key, which its owner should not give away; its public key is what `openssl pkey -pubout` makes of it"
    )]
    Private,
    /// It is protected with a password.
    #[error("the key is encrypted; decrypt it with `openssl pkey` first")]
    Encrypted,
    /// It is no Ed25519 key of that sort in PEM.
    #[error(
        "this is no Ed25519 {0} key in PEM; make a pair of keys with `wasi-cloud keygen` or `openssl genpkey -algorithm ed25519`"
    )]
    Unknown(&'static str),
    /// Signatures of anyone would match it.
    #[error("the public key is weak: it matches signatures that nobody made with its private key")]
    Weak,
    /// The system gave no random bytes.
    #[error("this system gives no random numbers: {0}")]
    Random(String),
}
