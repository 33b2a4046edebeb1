//! Bytes on their way: never more than were announced, and shown on a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use oci_client::errors::OciDistributionError;
use std::{
    io::{Error, Result},
    pin::Pin,
    task::{Context, Poll},
};
use tokio::io::AsyncWrite;

/// In bytes.
const CHUNK: usize = 64 << 10;

/// How far it is: drawn on a terminal only.
pub fn progress(what: &'static str, bytes: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{msg} {bytes} of {total_bytes}, {bytes_per_sec}");
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(what)
}

/// What is pulled, up to the size that its manifest says.
pub struct Sink {
    pub bytes: Vec<u8>,
    pub size: u64,
    pub bar: ProgressBar,
}

impl AsyncWrite for Sink {
    fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, some: &[u8]) -> Poll<Result<usize>> {
        let all = self.bytes.len().saturating_add(some.len());
        Poll::Ready(if u64::try_from(all).is_ok_and(|all| all <= self.size) {
            self.bytes.extend_from_slice(some);
            self.bar.inc(some.len().try_into().unwrap_or(u64::MAX));
            Ok(some.len())
        } else {
            Err(Error::other("the registry sends more than its manifest says"))
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// What is pushed, in chunks that the bar counts as they are taken.
pub fn chunks(
    bytes: Vec<u8>,
    bar: ProgressBar,
) -> impl futures::Stream<Item = std::result::Result<bytes::Bytes, OciDistributionError>> + Send + 'static {
    let mut rest = bytes::Bytes::from(bytes);
    futures::stream::iter(std::iter::from_fn(move || {
        let chunk = rest.split_to(CHUNK.min(rest.len()));
        bar.inc(chunk.len().try_into().unwrap_or(u64::MAX));
        (!chunk.is_empty()).then_some(Ok(chunk))
    }))
}
