//! The section that holds claims, and the bytes that it is about.

use crate::Error;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use wasmparser::{Chunk, Parser, Payload};

/// The name of the custom section with the claims.
pub const SECTION: &str = "wasi-cloud:claims";

/// In bytes: about a thousand rules.
const MAX_TOKEN: usize = 64 << 10;

/// What is before the claims, and the token in them.
pub fn split(wasm: &[u8]) -> Result<(&[u8], Option<String>), Error> {
    let damaged = |at| Error::Damaged { at, length: wasm.len() };
    let mut parser = Parser::new(0);
    let (mut at, mut claims) = (0, None);
    loop {
        let rest = wasm.get(at..).ok_or_else(|| damaged(wasm.len()))?;
        let (consumed, payload) = match parser.parse(rest, true) {
            Ok(Chunk::Parsed { consumed, payload }) => (consumed, payload),
            Ok(Chunk::NeedMoreData(_)) => return Err(damaged(wasm.len())),
            // A byte that does not make a section is appended as well as one that does.
            Err(_) if claims.is_some() => return Err(Error::NotLast),
            Err(e) => return Err(damaged(e.offset())),
        };
        if claims.is_some() && !matches!(payload, Payload::End(_)) {
            return Err(Error::NotLast);
        }
        let start = at;
        at += consumed;
        match payload {
            Payload::End(_) => break,
            Payload::CustomSection(section) if section.name() == SECTION => claims = Some((start, section.data())),
            // What is nested is data: it cannot speak for the whole. The parser expects us to step over it.
            Payload::ModuleSection { unchecked_range, .. } | Payload::ComponentSection { unchecked_range, .. } => {
                at = unchecked_range.end;
            }
            Payload::CodeSectionStart { range, .. } => {
                parser.skip_section();
                at = range.end;
            }
            _ => {}
        }
    }
    let Some((start, data)) = claims else { return Ok((wasm, None)) };
    let (body, section) = wasm.split_at(start);
    let token = std::str::from_utf8(data).map_err(|_| Error::Malformed("they are no text".into()))?;
    if encode(token)? != section {
        return Err(Error::Malformed("the section has an odd form".into()));
    }
    Ok((body, Some(token.to_owned())))
}

/// The one section with this token.
pub fn encode(token: &str) -> Result<Vec<u8>, Error> {
    if token.len() > MAX_TOKEN {
        return Err(Error::Malformed(format!("they are larger than {MAX_TOKEN} bytes")));
    }
    let mut content = leb128(SECTION.len());
    content.extend_from_slice(SECTION.as_bytes());
    content.extend_from_slice(token.as_bytes());
    // A custom section has the id 0.
    let mut section = vec![0];
    section.extend(leb128(content.len()));
    section.extend(content);
    Ok(section)
}

/// A number as WebAssembly has it, in the fewest bytes.
fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    loop {
        let low = (number & 0x7f) as u8;
        number >>= 7;
        if number == 0 {
            bytes.push(low);
            return bytes;
        }
        bytes.push(low | 0x80);
    }
}

/// SHA-256 in lowercase hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in Sha256::digest(bytes) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}
