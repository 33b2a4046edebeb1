//! What is refused, and that nothing else is taken.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use super::*;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use serde_json::{Value, json};
use std::time::{Duration, UNIX_EPOCH};
use wasi_cloud_core::Grants;

/// The key of RFC 8037, A.1.
const PRIVATE: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g
-----END PRIVATE KEY-----
";

fn key() -> PrivateKey {
    PrivateKey::from_pem(PRIVATE).expect("a key")
}

fn trust() -> TrustStore {
    let mut trust = TrustStore::default();
    trust.add(key().public());
    trust
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// They hold from 1000 to 2000.
fn claims() -> Claims {
    let allow = Grants::parse(["keyvalue:default", "messaging:*:write"]).expect("parses");
    Claims { subject: "orders".into(), issued: at(900), not_before: Some(at(1000)), expires: at(2000), allow }
}

/// With a nested module and a nested component, and the name of a section that means nothing there.
fn component() -> Vec<u8> {
    let text = r#"(component (core module (func (export "f")) (@custom "wasi-cloud:claims" "no")) (component)
        (import "a:b/c" (instance)))"#;
    wat::parse_str(text).expect("assembles")
}

fn signed() -> Vec<u8> {
    sign(&component(), &claims(), &key()).expect("signs")
}

fn refused(wasm: &[u8]) -> Error {
    verify(wasm, &trust(), at(1500)).expect_err("refused")
}

/// A component with these claims in JSON, signed whatever they are.
fn with(header: &Value, set: &Value) -> Vec<u8> {
    raw(header.to_string().as_bytes(), set.to_string().as_bytes())
}

fn raw(header: &[u8], set: &[u8]) -> Vec<u8> {
    let text = format!("{}.{}", BASE64.encode(header), BASE64.encode(set));
    let signature = BASE64.encode(key().sign(text.as_bytes()));
    [component(), section::encode(&format!("{text}.{signature}")).expect("fits")].concat()
}

fn header() -> Value {
    json!({"alg": "EdDSA", "typ": TYPE, "kid": key().public().id()})
}

fn set() -> Value {
    let sha256 = section::digest(&component());
    json!({"version": 1, "sub": "a", "iat": 1000, "exp": 2000, "sha256": sha256, "allow": []})
}

fn edited(mut of: Value, field: &str, value: Value) -> Value {
    of[field] = value;
    of
}

#[test]
fn what_was_signed_is_verified() {
    let found = verify(&signed(), &trust(), at(1500)).expect("verified");
    assert_eq!((found.claims.subject.as_str(), found.issuer), ("orders", key().public().id()));
    assert_eq!(found.claims.allow.to_string(), "keyvalue:default messaging:*:write");
    let times = (found.claims.issued, found.claims.not_before, found.claims.expires);
    assert_eq!(times, (at(900), Some(at(1000)), at(2000)));
    let module = sign(b"\0asm\x01\0\0\0", &claims(), &key()).expect("signs");
    verify(&module, &trust(), at(1500)).expect("a core module as well");
    verify(&with(&header(), &set()), &trust(), at(0)).expect("without a time before which it is refused");
}

/// The digest, the signature or the one form covers each bit.
#[test]
fn each_bit_counts() {
    let whole = signed();
    for bit in 0..whole.len() * 8 {
        let mut wrong = whole.clone();
        wrong[bit / 8] ^= 1 << (bit % 8);
        assert!(verify(&wrong, &trust(), at(1500)).is_err(), "bit {bit} of {}", whole.len() * 8);
    }
}

#[test]
fn each_byte_counts() {
    let whole = signed();
    for at_byte in 0..whole.len() {
        refused(&whole[..at_byte]);
        let mut less = whole.clone();
        less.remove(at_byte);
        refused(&less);
        let mut more = whole.clone();
        more.insert(at_byte, 0);
        refused(&more);
    }
    assert_eq!(refused(&component()), Error::Unsigned);
}

#[test]
fn nothing_follows_the_claims() {
    let whole = signed();
    let claims = &whole[component().len()..];
    let empty_section = [0, 2, 1, b'x'];
    for more in [&b"\0"[..], b"\xff\xff", claims, &empty_section, &component()] {
        assert_eq!(refused(&[&whole, more].concat()), Error::NotLast);
    }
    // Claims before the rest are not the last section.
    let (preamble, rest) = whole[..component().len()].split_at(8);
    assert_eq!(refused(&[preamble, claims, rest].concat()), Error::NotLast);
    assert_eq!(refused(&[preamble, claims, rest, claims].concat()), Error::NotLast);
}

#[test]
fn a_nested_component_cannot_speak_for_the_whole() {
    let inner = signed();
    let mut outer = component()[..8].to_vec();
    // The section of a nested component.
    outer.push(4);
    let mut length = inner.len();
    while length > 0x7f {
        outer.push((length & 0x7f) as u8 | 0x80);
        length >>= 7;
    }
    outer.push(length as u8);
    outer.extend(inner);
    assert_eq!(refused(&outer), Error::Unsigned);
    let whole = sign(&outer, &claims(), &key()).expect("signs");
    verify(&whole, &trust(), at(1500)).expect("the outer claims count");
}

#[test]
fn the_section_has_one_form() {
    let token = verify(&signed(), &trust(), at(1500)).expect("verified").token;
    let section = section::encode(&token).expect("fits");
    let content = &section[3..];
    let length = content.len();
    // The same number in one more byte.
    let long = [&[0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8 | 0x80, 0], content].concat();
    assert!(matches!(refused(&[component(), long].concat()), Error::Malformed(_)));
    assert_eq!(section[..3], [0, (length & 0x7f) as u8 | 0x80, (length >> 7) as u8]);
    let huge = [&b"\0"[..], &[0x94, 0x80, 0x08, 17], SECTION.as_bytes(), &[b'a'; 0x20014 - 18]].concat();
    assert!(refused(&[component(), huge].concat()).to_string().contains("larger than"));
    // It says that it is 2 GiB long.
    let cut = [component(), vec![0, 0xff, 0xff, 0xff, 0xff, 7, 17]].concat();
    assert!(matches!(refused(&cut), Error::Damaged { .. }));
}

#[test]
fn the_token_has_one_form() {
    let good = verify(&signed(), &trust(), at(1500)).expect("verified").token;
    let last = good.chars().last().expect("a character");
    let twin = if last == 'A' { 'B' } else { char::from(last as u8 + 1) };
    let odd = format!("{}{twin}", &good[..good.len() - 1]);
    for wrong in [format!("{good}="), format!("{good}\n"), format!(" {good}"), format!("{good}."), odd, "a.b".into()] {
        let wasm = [component(), section::encode(&wrong).expect("fits")].concat();
        assert!(matches!(refused(&wasm), Error::Malformed(_) | Error::Signature), "{wrong}");
    }
    assert!(matches!(refused(&[component(), vec![0, 19, 17]].concat()), Error::Damaged { .. }));
}

#[test]
fn what_we_do_not_know_is_refused() {
    let headers = [
        edited(header(), "crit", json!(["exp"])),
        edited(header(), "jwk", json!({})),
        edited(header(), "alg", json!("none")),
        edited(header(), "alg", json!("HS256")),
        edited(header(), "typ", json!("JWT")),
        edited(header(), "kid", json!(1)),
        json!({"alg": "EdDSA", "typ": TYPE}),
    ];
    for header in headers {
        assert!(matches!(refused(&with(&header, &set())), Error::Malformed(_)), "{header}");
    }
    let sets = [
        edited(set(), "aud", json!("x")),
        edited(set(), "exp", json!("2000")),
        edited(set(), "exp", json!(2000.5)),
        edited(set(), "exp", json!(-1)),
        edited(set(), "exp", json!(u64::MAX)),
        edited(set(), "nbf", json!(2000)),
        edited(set(), "sub", json!("")),
        edited(set(), "sub", json!("a\n")),
        edited(set(), "sub", json!("a".repeat(256))),
        edited(set(), "allow", json!(["kv:default"])),
        edited(set(), "allow", json!("keyvalue:default")),
        json!({"version": 1}),
        json!([]),
    ];
    for set in sets {
        assert!(matches!(refused(&with(&header(), &set)), Error::Malformed(_)), "{set}");
    }
    let later = json!({"version": 2, "sub": ["of", "another", "form"]});
    assert_eq!(refused(&with(&header(), &later)), Error::Version(2));
    let twice = set().to_string().replace(r#""exp":2000"#, r#""exp":2000,"exp":9000"#);
    assert!(matches!(refused(&raw(header().to_string().as_bytes(), twice.as_bytes())), Error::Malformed(_)));
    // A digest in capitals is another text.
    let capitals = section::digest(&component()).to_uppercase();
    assert_eq!(refused(&with(&header(), &edited(set(), "sha256", json!(capitals)))), Error::Changed);
}

#[test]
fn only_the_issuers_key_signs() {
    let other = PrivateKey::generate().expect("random bytes");
    let theirs = sign(&component(), &claims(), &other).expect("signs");
    assert_eq!(refused(&theirs), Error::Untrusted { issuer: other.public().id() });
    let nobody = verify(&signed(), &TrustStore::default(), at(1500)).expect_err("refused");
    assert_eq!(nobody, Error::Untrusted { issuer: key().public().id() });
    // Whose name is in the header does not matter, but whose signature it is.
    let forged = jws::encode(&claims(), &section::digest(&component()), &other).expect("signs");
    let (_, rest) = forged.split_once('.').expect("parts");
    let forged = format!("{}.{rest}", BASE64.encode(header().to_string()));
    let wasm = [component(), section::encode(&forged).expect("fits")].concat();
    assert_eq!(refused(&wasm), Error::Signature);
}

/// Adding the group's order to the second half gives numbers that a lax verifier takes for the same signature.
#[test]
fn a_signature_has_one_form() {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let token = verify(&signed(), &trust(), at(1500)).expect("verified").token;
    let (text, signature) = token.rsplit_once('.').expect("parts");
    let mut signature = BASE64.decode(signature).expect("base64");
    let mut carry = 0;
    for (byte, add) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        (*byte, carry) = ((sum & 0xff) as u8, sum >> 8);
    }
    let token = format!("{text}.{}", BASE64.encode(signature));
    assert_eq!(refused(&[component(), section::encode(&token).expect("fits")].concat()), Error::Signature);
}

#[test]
fn they_hold_for_their_time() {
    let at_time = |seconds| verify(&signed(), &trust(), at(seconds)).map(|_| ());
    assert_eq!(at_time(999), Err(Error::NotYet { from: at(1000), now: at(999) }));
    assert_eq!((at_time(1000), at_time(1999)), (Ok(()), Ok(())));
    assert_eq!(at_time(2000), Err(Error::Expired { at: at(2000) }));
    assert!(at_time(2000).expect_err("late").to_string().contains("1970-01-01T00:33:20Z"));
}

#[test]
fn nothing_is_signed_that_would_be_refused() {
    let wrong = [
        Claims { subject: String::new(), ..claims() },
        Claims { expires: at(1000), ..claims() },
        Claims { expires: at(253_402_300_800), ..claims() },
        Claims { issued: UNIX_EPOCH - Duration::from_secs(1), ..claims() },
        Claims {
            allow: Grants::parse(vec![format!("keyvalue:{}", "a".repeat(1_000)); 70]).expect("parses"),
            ..claims()
        },
    ];
    for claims in wrong {
        assert!(matches!(sign(&component(), &claims, &key()), Err(Error::Malformed(_))), "{}", claims.subject);
    }
    for bytes in [&b""[..], b"(component)", &component()[..20]] {
        assert!(matches!(sign(bytes, &claims(), &key()), Err(Error::Damaged { .. })));
    }
}

#[test]
fn claims_are_replaced_stripped_and_read() {
    let again = sign(&signed(), &Claims { subject: "other".into(), ..claims() }, &key()).expect("signs");
    assert_eq!(verify(&again, &trust(), at(1500)).expect("verified").claims.subject, "other");
    assert_eq!(strip(&again).expect("whole"), component());
    let read = read_unverified(&again).expect("whole").expect("claims");
    assert_eq!(read.claims.subject, "other");
    assert!(read_unverified(&component()).expect("whole").is_none());
    let mut wrong = signed();
    wrong[component().len() - 1] ^= 1;
    assert!(read_unverified(&wrong).is_err());
}

/// RFC 8037, A.2, A.3 and A.4.
#[test]
fn the_examples_of_the_rfc() {
    assert_eq!(key().public().id(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let signature = key().sign(b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc");
    let expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_eq!(BASE64.encode(signature), expected);
}

#[test]
fn keys_are_files_of_pem() {
    assert_eq!(*key().to_pem().expect("PEM"), PRIVATE);
    let public = key().public().to_pem().expect("PEM");
    assert_eq!(PublicKey::from_pem(&public), Ok(key().public()));
    assert_eq!(PublicKey::from_pem(PRIVATE), Err(KeyError::Private));
    assert!(matches!(PrivateKey::from_pem(&public), Err(KeyError::Unknown("private"))));
    let encrypted = PRIVATE.replace("PRIVATE", "ENCRYPTED PRIVATE");
    assert!(matches!(PrivateKey::from_pem(&encrypted), Err(KeyError::Encrypted)));
    for wrong in ["", "nothing", &public.replace("MCow", "MCoy"), &public.replace("PUBLIC KEY", "CERTIFICATE")] {
        assert_eq!(PublicKey::from_pem(wrong), Err(KeyError::Unknown("public")), "{wrong}");
    }
    // The point of order 1: it matches signatures of nobody.
    let weak = [&public[..27], "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &public[87..]].concat();
    assert_eq!(PublicKey::from_pem(&weak), Err(KeyError::Weak));
    let shown = format!("{:?}", key());
    assert!(shown.contains(&key().public().id()) && !shown.contains("nWGxne"), "{shown}");
}
