//! Signed claims: the most that the issuer of a component lets it have, and until when, for exactly these bytes.
//!
//! Claims are a JSON Web Token in the compact serialization of JWS (RFC 7515, RFC 7519), signed with Ed25519 (`EdDSA` of
//! RFC 8037), so that any JWT library can check one. It is text, and alone in the custom section [`SECTION`], the last
//! section of a component or core module.
//!
//! The header has these fields and no other: `alg` is `EdDSA`, `typ` is [`TYPE`], and `kid` is the issuer: the thumbprint of
//! its public key (RFC 7638, SHA-256). The claims set has these and no other:
//!
//! | claim | |
//! |---|---|
//! | `version` | 1 |
//! | `sub` | what the component is called, 1 to 255 bytes without control characters |
//! | `iat` | when it was signed, in seconds of Unix time, as all times are; not checked |
//! | `nbf` | before when it is refused; may be left out |
//! | `exp` | from when on it is refused |
//! | `sha256` | the digest of all bytes of the file before the section, in lowercase hexadecimal |
//! | `allow` | the rules that [`Grants`] parses, such as `keyvalue:default:read` |
//!
//! There is one way to write a section around a token, and nothing may follow it: each byte of a file is covered by the
//! digest or the signature, or is the only one possible. A section of that name in a nested component or module is data
//! like any other, and signs nothing. Nothing is read from the network or the clock; an operation takes as long as a digest
//! of the file does.

mod error;
pub mod files;
mod jws;
mod key;
mod section;

pub use error::{Error, KeyError};
pub use jws::{Claims, Signed, TYPE};
pub use key::{PrivateKey, PublicKey, TrustStore};
pub use section::SECTION;

use std::time::SystemTime;
#[cfg(doc)]
use wasi_cloud_core::Grants;

/// The component or core module with these claims. Claims that it had before are replaced.
///
/// # Errors
/// If the bytes are no WebAssembly binary or something follows the claims that they have, or if the claims are none that
/// [`verify`] would take at some time.
pub fn sign(wasm: &[u8], claims: &Claims, key: &PrivateKey) -> Result<Vec<u8>, Error> {
    let body = strip(wasm)?;
    let token = jws::encode(claims, &section::digest(body), key)?;
    Ok([body, &section::encode(&token)?].concat())
}

/// The claims, if a key of the store signed them for exactly these bytes and they hold at that time.
///
/// # Errors
/// Why not. [`Error::Unsigned`] if there are no claims at all.
pub fn verify(wasm: &[u8], trust: &TrustStore, now: SystemTime) -> Result<Signed, Error> {
    let (body, token) = section::split(wasm)?;
    let token = token.ok_or(Error::Unsigned)?;
    trust.check(&token)?;
    let signed = jws::decode(token, &section::digest(body))?;
    signed.claims.hold_at(now)?;
    Ok(signed)
}

/// What the claims say and whether they are for these bytes. **Anyone can have written them**: neither the signature nor
/// the time is checked. `None` if there are none.
///
/// # Errors
/// If they cannot be read, or were made for other bytes.
pub fn read_unverified(wasm: &[u8]) -> Result<Option<Signed>, Error> {
    let (body, token) = section::split(wasm)?;
    token.map(|token| jws::decode(token, &section::digest(body))).transpose()
}

/// The bytes without claims.
///
/// # Errors
/// If they are no WebAssembly binary, or if something follows the claims.
pub fn strip(wasm: &[u8]) -> Result<&[u8], Error> {
    section::split(wasm).map(|(body, _)| body)
}

#[cfg(test)]
mod tests;
