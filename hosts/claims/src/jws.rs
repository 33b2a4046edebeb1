//! The token: claims in JSON, and the signature over them.

use crate::{Error, PrivateKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use wasi_cloud_core::Grants;

/// The media type in the header, so that a token made for another purpose is none of ours (RFC 8725, 3.11).
pub const TYPE: &str = "wasi-cloud-claims+jwt";
const ALGORITHM: &str = "EdDSA";
const VERSION: u64 = 1;
/// The last second of the year 9999, in Unix time: later ones have no text in RFC 3339.
const LAST: u64 = 253_402_300_799;
const MAX_SUBJECT: usize = 255;

/// What an issuer says of a component. Times are whole seconds; what is finer is cut off.
#[derive(Debug, Clone)]
pub struct Claims {
    /// What the component is called: 1 to 255 bytes without control characters.
    pub subject: String,
    /// When it was signed. For people; not checked.
    pub issued: SystemTime,
    /// Before when it is refused.
    pub not_before: Option<SystemTime>,
    /// From when on it is refused.
    pub expires: SystemTime,
    /// The most that it may be granted.
    pub allow: Grants,
}

/// Claims, and who made them.
#[derive(Debug, Clone)]
pub struct Signed {
    /// What they say.
    pub claims: Claims,
    /// The thumbprint of the issuer's public key: [`PublicKey::id`](crate::PublicKey::id).
    pub issuer: String,
    /// The token, for other tools: a JWT in one line.
    pub token: String,
}

/// Fields that we do not know could narrow what we do know: they are refused, `crit` among them.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    version: u64,
    sub: String,
    iat: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    nbf: Option<u64>,
    exp: u64,
    sha256: String,
    allow: Vec<String>,
}

/// The version alone, of claims whose other fields we may not know.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

impl Claims {
    /// Whether they hold at that time.
    pub(crate) fn hold_at(&self, now: SystemTime) -> Result<(), Error> {
        if let Some(from) = self.not_before.filter(|from| now < *from) {
            return Err(Error::NotYet { from, now });
        }
        if now >= self.expires { Err(Error::Expired { at: self.expires }) } else { Ok(()) }
    }
}

/// The token for a component of this digest.
pub fn encode(claims: &Claims, digest: &str, key: &PrivateKey) -> Result<String, Error> {
    let header = Header { alg: ALGORITHM.into(), typ: TYPE.into(), kid: key.public().id() };
    let set = Set {
        version: VERSION,
        sub: claims.subject.clone(),
        iat: seconds(claims.issued)?,
        nbf: claims.not_before.map(seconds).transpose()?,
        exp: seconds(claims.expires)?,
        sha256: digest.to_owned(),
        allow: claims.allow.rules().iter().map(ToString::to_string).collect(),
    };
    set.claims()?;
    let text = format!("{}.{}", part(&header)?, part(&set)?);
    let signature = BASE64.encode(key.sign(text.as_bytes()));
    Ok(format!("{text}.{signature}"))
}

/// What the token says, if it is for a component of this digest. Its signature is not looked at.
pub fn decode(token: String, digest: &str) -> Result<Signed, Error> {
    let parts = Parts::of(&token)?;
    let Versioned { version } = json(&parts.payload)?;
    if version != VERSION {
        return Err(Error::Version(version));
    }
    let set: Set = json(&parts.payload)?;
    let claims = set.claims()?;
    if set.sha256 != digest {
        return Err(Error::Changed);
    }
    let issuer = parts.issuer;
    Ok(Signed { claims, issuer, token })
}

/// How long the thumbprint of a key is, in characters: SHA-256 in Base64.
const THUMBPRINT: usize = 43;

/// A token taken apart.
pub struct Parts<'a> {
    /// What the header says of the key.
    pub issuer: String,
    /// The bytes that are signed.
    pub signed: &'a [u8],
    pub signature: Vec<u8>,
    payload: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub fn of(token: &'a str) -> Result<Self, Error> {
        let parts: Vec<_> = token.split('.').collect();
        let [header, payload, signature] = *parts else { return Err(malformed("a token has three parts")) };
        let header: Header = json(&bytes(header)?)?;
        if header.alg != ALGORITHM {
            return Err(malformed(format!("the algorithm is {:?}, and only {ALGORITHM} is known", header.alg)));
        }
        if header.typ != TYPE {
            return Err(malformed(format!("this is a token of the type {:?}", header.typ)));
        }
        if header.kid.len() != THUMBPRINT
            || !header.kid.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        {
            return Err(malformed("its key is not named by a thumbprint"));
        }
        // What follows the last dot is the signature, which signs all before it.
        let signed = token.as_bytes().get(..token.len() - signature.len() - 1).unwrap_or_default();
        let payload = bytes(payload)?;
        Ok(Self { issuer: header.kid, signed, signature: bytes(signature)?, payload })
    }
}

impl Set {
    fn claims(&self) -> Result<Claims, Error> {
        if self.sub.is_empty() || self.sub.len() > MAX_SUBJECT || self.sub.chars().any(char::is_control) {
            return Err(malformed(format!("a subject has 1 to {MAX_SUBJECT} bytes and no control characters")));
        }
        if self.nbf.is_some_and(|nbf| nbf >= self.exp) {
            return Err(malformed("they expire before they hold"));
        }
        let allow = Grants::parse(&self.allow).map_err(|e| malformed(e.message))?;
        Ok(Claims {
            subject: self.sub.clone(),
            issued: time(self.iat)?,
            not_before: self.nbf.map(time).transpose()?,
            expires: time(self.exp)?,
            allow,
        })
    }
}

fn part(of: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(of).map_err(|e| malformed(e.to_string()))?;
    Ok(BASE64.encode(json))
}

/// Of what is encoded in two ways, one is refused.
fn bytes(part: &str) -> Result<Vec<u8>, Error> {
    BASE64.decode(part).map_err(|e| malformed(e.to_string()))
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    // It repeats what nobody has signed yet.
    serde_json::from_slice(bytes).map_err(|e| malformed(e.to_string().escape_debug().to_string()))
}

fn seconds(time: SystemTime) -> Result<u64, Error> {
    let seconds = time.duration_since(UNIX_EPOCH).map(|since| since.as_secs()).ok();
    seconds.filter(|seconds| *seconds <= LAST).ok_or_else(out_of_range)
}

fn time(seconds: u64) -> Result<SystemTime, Error> {
    if seconds > LAST {
        return Err(out_of_range());
    }
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).ok_or_else(out_of_range)
}

fn out_of_range() -> Error {
    malformed("a time is not in the years 1970 to 9999")
}

fn malformed(why: impl Into<String>) -> Error {
    Error::Malformed(why.into())
}
