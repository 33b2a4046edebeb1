//! The envelope: DSSE, version 1, with one Ed25519 signature.

use crate::event::plain::one_line;
use anyhow::{Context, bail, ensure};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};
use wasi_cloud_claims::{PrivateKey, PublicKey};

/// The media type of what is signed.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// No certificate comes near it, in bytes.
const MAX: usize = 64 << 20;

/// What a certificate's file holds, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// [`PAYLOAD_TYPE`].
    pub payload_type: String,
    /// The statement, in Base64.
    pub payload: String,
    /// Any of them is enough.
    pub signatures: Vec<Signature>,
}

/// A signature, and a hint whose it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// The thumbprint of the key. Nobody has to believe it.
    #[serde(default)]
    pub keyid: String,
    /// 64 bytes in Base64.
    pub sig: String,
}

/// What is signed: the type belongs to it, so that no signature is good for something else.
fn signed(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len());
    [head.as_bytes(), payload].concat()
}

/// Signs a statement.
#[must_use]
pub fn seal(statement: &[u8], key: &PrivateKey) -> Envelope {
    let sig = key.sign(&signed(PAYLOAD_TYPE, statement));
    Envelope {
        payload_type: PAYLOAD_TYPE.to_owned(),
        payload: BASE64.encode(statement),
        signatures: vec![Signature { keyid: key.public().id(), sig: BASE64.encode(sig) }],
    }
}

/// The statement and the key that signed it, which is one of `trusted`. Nothing of the statement is looked at before.
///
/// # Errors
/// If it is no envelope of a statement, or none of the keys signed it.
pub fn open<'a>(text: &str, trusted: &'a [PublicKey]) -> anyhow::Result<(Vec<u8>, &'a PublicKey)> {
    ensure!(text.len() <= MAX, "it is larger than any certificate");
    let envelope: Envelope = serde_json::from_str(text).context("it is no DSSE envelope")?;
    ensure!(
        envelope.payload_type == PAYLOAD_TYPE,
        "it holds `{}` and no in-toto statement",
        one_line(&envelope.payload_type)
    );
    let payload = BASE64.decode(&envelope.payload).context("its payload is no Base64")?;
    let message = signed(&envelope.payload_type, &payload);
    let signatures = envelope.signatures.iter().filter_map(|signature| BASE64.decode(&signature.sig).ok());
    for signature in signatures {
        if let Some(key) = trusted.iter().find(|key| key.verify(&message, &signature)) {
            return Ok((payload, key));
        }
    }
    let known: Vec<_> = trusted.iter().map(PublicKey::id).collect();
    bail!("it is not signed by {}, or was changed after it was signed", known.join(" or "))
}
