//! Bytes on their way: never more than were announced, and shown on a terminal.

use bytes::Bytes;
use futures::{Stream, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use oci_client::errors::OciDistributionError;
use std::io::{Error, Result};

/// In bytes.
const CHUNK: usize = 64 << 10;

/// How far it is: drawn on a terminal only.
pub fn progress(what: &'static str, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg} {bytes} of {total_bytes}, {bytes_per_sec}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}

/// What is pulled, up to the size that its manifest says.
pub async fn collect(
    mut stream: impl Stream<Item = Result<Bytes>> + Unpin,
    size: u64,
    bar: &ProgressBar,
) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(some) = stream.try_next().await? {
        all.extend_from_slice(&some);
        let length = u64::try_from(all.len()).unwrap_or(u64::MAX);
        if length > size {
            return Err(Error::other("the registry sends more than its manifest says"));
        }
        bar.set_position(length);
    }
    Ok(all)
}

/// What is pushed, in chunks that the bar counts as they are taken.
pub fn chunks(
    bytes: Vec<u8>,
    bar: ProgressBar,
) -> impl Stream<Item = std::result::Result<Bytes, OciDistributionError>> + Send + 'static {
    let mut rest = Bytes::from(bytes);
    stream::iter(std::iter::from_fn(move || {
        let chunk = rest.split_to(CHUNK.min(rest.len()));
        bar.inc(chunk.len().try_into().unwrap_or(u64::MAX));
        (!chunk.is_empty()).then_some(Ok(chunk))
    }))
}
