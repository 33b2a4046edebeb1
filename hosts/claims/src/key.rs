//! Keys, in the files that `openssl` and others make and read.

use crate::{Error, KeyError, jws::Parts};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use ed25519_dalek::{
    Signature, Signer, SigningKey, VerifyingKey,
    pkcs8::{
        DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes,
        spki::der::{pem::LineEnding, zeroize::Zeroizing},
    },
};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, fmt};

/// An Ed25519 key to sign with. It is wiped from memory when dropped, and no text shows it but [`to_pem`](Self::to_pem).
pub struct PrivateKey(SigningKey);

/// The key that its signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// The public keys whose owners may say what a component is allowed. [`Default`] trusts nobody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustStore(BTreeMap<String, PublicKey>);

impl PrivateKey {
    /// A new key, of random bytes of the system.
    ///
    /// # Errors
    /// If the system has none.
    pub fn generate() -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *seed).map_err(|e| KeyError::Random(e.to_string()))?;
        Ok(Self(SigningKey::from_bytes(&seed)))
    }

    /// Reads PKCS#8 in PEM, not encrypted (RFC 8410).
    ///
    /// # Errors
    /// If it is something else.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text.contains("-----BEGIN ENCRYPTED PRIVATE KEY-----") {
            return Err(KeyError::Encrypted);
        }
        SigningKey::from_pkcs8_pem(text).map(Self).map_err(|_| KeyError::Unknown("private"))
    }

    /// PKCS#8 in PEM. Keep it secret.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, KeyError> {
        // The form without the public key: the one with it is a later version, which OpenSSL 3.0 refuses.
        let pair = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        pair.to_pkcs8_pem(LineEnding::LF).map_err(|_| KeyError::Unknown("private"))
    }

    /// Its public key.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// The signature of these bytes (RFC 8032). Who signs more than one kind of thing says in the bytes which kind they are.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PrivateKey").field(&self.public().id()).finish()
    }
}

impl PublicKey {
    /// Reads SubjectPublicKeyInfo in PEM (RFC 8410).
    ///
    /// # Errors
    /// If it is something else, or a weak key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if text.contains("PRIVATE KEY-----") {
            return Err(KeyError::Private);
        }
        let key = VerifyingKey::from_public_key_pem(text).map_err(|_| KeyError::Unknown("public"))?;
        if key.is_weak() { Err(KeyError::Weak) } else { Ok(Self(key)) }
    }

    /// SubjectPublicKeyInfo in PEM.
    ///
    /// # Errors
    /// Never, as far as is known.
    pub fn to_pem(&self) -> Result<String, KeyError> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|_| KeyError::Unknown("public"))
    }

    /// Whether the key's owner signed these bytes. Strict: what another library may take or refuse is refused.
    #[must_use]
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }

    /// What claims call the key: its thumbprint (RFC 7638, SHA-256), 43 characters.
    #[must_use]
    pub fn id(&self) -> String {
        thumbprint(self.0.as_bytes())
    }
}

fn thumbprint(key: &[u8; 32]) -> String {
    let jwk = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, BASE64.encode(key));
    BASE64.encode(Sha256::digest(jwk))
}

impl TrustStore {
    /// Trusts the owner of a key.
    pub fn add(&mut self, key: PublicKey) {
        self.0.insert(key.id(), key);
    }

    /// Whether it trusts nobody.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the keys signed the token.
    pub(crate) fn check(&self, token: &str) -> Result<(), Error> {
        let Parts { issuer, signed, signature, .. } = Parts::of(token)?;
        let key = self.0.get(&issuer).ok_or(Error::Untrusted { issuer })?;
        if key.verify(signed, &signature) { Ok(()) } else { Err(Error::Signature) }
    }
}
