//! Everything about a run in one file, to hand to whoever can help.

use crate::{
    corpus::Corpus,
    event::{Event, Record},
};
use lzma_rust2::{XzOptions, XzWriter};
use std::{
    fs::File,
    io::{self, Write},
    path::Path,
};
use tar::{Builder, Header};

/// Writes a tar.xz: the events, per case its transcript and the host calls, the host's file, the digests of the guests, and how
/// to do it again. The events, the command and the host's file must have been scrubbed of secrets.
///
/// # Errors
/// What the file system refuses, and a corpus that is damaged.
pub fn write(path: &Path, events: &[Event], command: &str, declaration: Option<&str>) -> io::Result<()> {
    let file = io::BufWriter::new(File::create(path)?);
    let mut tar = Builder::new(XzWriter::new(file, XzOptions::default())?);
    add(&mut tar, "events.jsonl", &lines(events)?)?;
    add(&mut tar, "run.json", &about(events, command)?)?;
    if let Some(text) = declaration {
        add(&mut tar, "host.toml", text.as_bytes())?;
    }
    for event in events {
        if let Event::Ended(record) = event {
            case(&mut tar, record)?;
        }
    }
    tar.into_inner()?.finish()?.into_inner().map_err(|why| why.into_error())?.sync_all()
}

fn case(tar: &mut Builder<impl Write>, record: &Record) -> io::Result<()> {
    let Record { id, altitude, calls, log, transcript, .. } = record;
    if !transcript.is_empty() {
        add(tar, &format!("cases/{altitude}/{id}/transcript.jsonl"), &lines(transcript)?)?;
    }
    if !calls.is_empty() {
        add(tar, &format!("cases/{altitude}/{id}/calls.jsonl"), &lines(calls)?)?;
    }
    if !log.is_empty() {
        add(tar, &format!("cases/{altitude}/{id}/log.txt"), (log.join("\n") + "\n").as_bytes())?;
    }
    Ok(())
}

/// What ran where: the first and the last event, the command, the machine.
fn about(events: &[Event], command: &str) -> io::Result<Vec<u8>> {
    let about = serde_json::json!({
        "command": command,
        "suite": env!("CARGO_PKG_VERSION"),
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
        "guests": Corpus::digests().map_err(io::Error::other)?,
        "started": events.first(),
        "finished": events.last(),
    });
    Ok(serde_json::to_vec_pretty(&about)?)
}

fn lines(items: &[impl serde::Serialize]) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    for item in items {
        serde_json::to_writer(&mut text, item)?;
        text.push(b'\n');
    }
    Ok(text)
}

fn add(tar: &mut Builder<impl Write>, path: &str, bytes: &[u8]) -> io::Result<()> {
    let mut header = Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tar.append_data(&mut header, path, bytes)
}
