//! Lines of a program that is not trusted to end them.

use super::adapter::protocol::LINE;
use crate::session::Broken;
use std::io;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// How much of a line is shown where it is told of, in characters.
const SHOWN: usize = 200;

/// What comes next.
pub(super) enum Next {
    /// A whole line, without its end.
    Line(Vec<u8>),
    /// The beginning of a line that is too long.
    TooLong(Vec<u8>),
    /// The last line, which has no end.
    Cut(Vec<u8>),
    /// Nothing more.
    End,
}

/// Reads on. Not cancel-safe.
pub(super) async fn next(reader: &mut (impl AsyncBufRead + Unpin)) -> io::Result<Next> {
    let mut line = Vec::new();
    reader.take(LINE as u64).read_until(b'\n', &mut line).await?;
    Ok(Next::of(line))
}

impl Next {
    /// Of what was read up to the end of a line, and to [`LINE`] bytes at most.
    pub fn of(mut read: Vec<u8>) -> Self {
        match read.pop() {
            None => Self::End,
            Some(b'\n') => Self::Line(read),
            Some(last) => {
                read.push(last);
                if read.len() == LINE { Self::TooLong(read) } else { Self::Cut(read) }
            }
        }
    }

    /// What a guest printed, also where its last line has no end. Nothing if it prints nothing more.
    ///
    /// # Errors
    /// [`Broken::Protocol`] for what is no text, or has no end.
    pub fn observation(self) -> Result<Option<String>, Broken> {
        match self {
            Self::Line(mut line) | Self::Cut(mut line) => {
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                let text = String::from_utf8(line);
                text.map(Some).map_err(|why| Broken::Protocol(format!("a line is no text: {why}")))
            }
            Self::TooLong(line) => {
                Err(Broken::Protocol(format!("a line has {LINE} bytes at most, and not: {}", shown(&line))))
            }
            Self::End => Ok(None),
        }
    }
}

/// The beginning of a line, as reports show it.
pub(super) fn shown(line: &[u8]) -> String {
    // A character has four bytes at most.
    let text = String::from_utf8_lossy(&line[..line.len().min(4 * SHOWN)]);
    let beginning: String = text.chars().take(SHOWN).collect();
    let more = line.len().saturating_sub(beginning.len());
    if more == 0 { beginning } else { format!("{beginning}... and {more} bytes more") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::BufReader;

    #[tokio::test]
    async fn each_end_is_told_from_the_others() {
        let mut text: &[u8] = b"one\n\ncut";
        let mut reader = BufReader::new(&mut text);
        assert!(matches!(next(&mut reader).await, Ok(Next::Line(line)) if line == b"one"));
        assert!(matches!(next(&mut reader).await, Ok(Next::Line(line)) if line.is_empty()));
        assert!(matches!(next(&mut reader).await, Ok(Next::Cut(line)) if line == b"cut"));
        assert!(matches!(next(&mut reader).await, Ok(Next::End)));
        for (length, fits) in [(LINE - 1, true), (LINE, false)] {
            let text = [vec![b'x'; length], b"\n".to_vec()].concat();
            let read = next(&mut &*text).await;
            assert_eq!(matches!(read, Ok(Next::Line(_))), fits, "{length}");
            assert_eq!(matches!(read, Ok(Next::TooLong(_))), !fits, "{length}");
        }
    }

    #[test]
    fn what_is_shown_is_short_and_says_so() {
        assert_eq!(shown(b"{}"), "{}");
        assert_eq!(shown("\u{e9}".repeat(300).as_bytes()), format!("{}... and 200 bytes more", "\u{e9}".repeat(200)));
        assert_eq!(shown(&[0xff; 3]), "\u{fffd}\u{fffd}\u{fffd}");
    }
}
