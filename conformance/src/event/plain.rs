//! What a host says is text, whatever it says: no terminal obeys it, and no report ends early by it.

use super::{Event, HostInfo, Record, Started, Summary};

impl Event {
    /// Writes out what is no text of all that may come from a host. A line remains a line where a text may have several.
    pub fn make_plain(&mut self) {
        match self {
            Self::Started(started) => started.make_plain(),
            Self::Begun { .. } => {}
            Self::Ended(record) => record.make_plain(),
            Self::Finished(Summary { problems, .. }) => problems.iter_mut().for_each(plain),
        }
    }
}

impl Started {
    fn make_plain(&mut self) {
        for HostInfo { name, version, lacks, labels, notes, .. } in &mut self.hosts {
            [name, version].into_iter().chain(lacks.values_mut()).chain(labels.values_mut()).for_each(line);
            notes.iter_mut().for_each(line);
        }
        self.inapplicable.iter_mut().for_each(|case| line(&mut case.reason));
        self.untested.iter_mut().for_each(|clause| line(&mut clause.reason));
    }
}

impl Record {
    fn make_plain(&mut self) {
        self.scrub(plain);
        self.log.iter_mut().for_each(line);
        self.transcript.iter_mut().flat_map(|entry| [&mut entry.op, &mut entry.seen]).for_each(line);
        self.calls.iter_mut().flat_map(|call| [&mut call.op, &mut call.label, &mut call.outcome]).for_each(line);
        self.warning.iter_mut().for_each(line);
    }
}

/// What is told of a text, on one line.
pub(crate) fn one_line(text: &str) -> String {
    let mut text = text.to_owned();
    line(&mut text);
    text
}

/// A text of one line.
pub(crate) fn line(text: &mut String) {
    plain(text);
    if text.contains('\n') {
        *text = text.replace('\n', "\\n");
    }
}

/// Control characters move cursors and begin sequences that hide what follows, others turn the order of letters on a page, end a
/// line or cannot be seen, and some XML cannot say. They are written as JSON writes them, so that an operation in JSON remains what
/// it was.
pub(crate) fn plain(text: &mut String) {
    if !text.contains(is_wild) {
        return;
    }
    let written = |c: char| match c {
        '\r' => "\\r".to_owned(),
        c if is_wild(c) => c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        c => c.to_string(),
    };
    *text = text.chars().map(written).collect();
}

/// Whether the standard library would not print it either. A mark that belongs to the letter before it is printed there.
fn is_wild(c: char) -> bool {
    !matches!(c, ' '..='~' | '\n' | '\t') && format!("a{c}").escape_debug().nth(2).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_written_out() {
        for (wild, several, one) in [
            ("a\tb \u{e9}\u{1f600}", "a\tb \u{e9}\u{1f600}", "a\tb \u{e9}\u{1f600}"),
            ("e\u{301} \u{4e2d}", "e\u{301} \u{4e2d}", "e\u{301} \u{4e2d}"),
            (
                "re\u{200b}dis\u{feff}\u{2028}\u{a0}\u{e0041}",
                "re\\u200bdis\\ufeff\\u2028\\u00a0\\udb40\\udc41",
                "re\\u200bdis\\ufeff\\u2028\\u00a0\\udb40\\udc41",
            ),
            ("1.0 \u{202e}ton\u{2069}", "1.0 \\u202eton\\u2069", "1.0 \\u202eton\\u2069"),
            ("\u{1b}]0;t\u{7}\r\nb", "\\u001b]0;t\\u0007\\r\nb", "\\u001b]0;t\\u0007\\r\\nb"),
            (
                "\0\u{7f}\u{9b}31m\u{fffe}\u{ffff}",
                "\\u0000\\u007f\\u009b31m\\ufffe\\uffff",
                "\\u0000\\u007f\\u009b31m\\ufffe\\uffff",
            ),
        ] {
            let (mut text, mut of_one_line) = (wild.to_owned(), wild.to_owned());
            plain(&mut text);
            line(&mut of_one_line);
            assert_eq!((&*text, &*of_one_line), (several, one));
        }
    }

    /// An operation is shown in JSON, and can be copied from there.
    #[test]
    fn an_operation_remains_what_it_was() {
        let key = "\u{1b}\u{9b}\u{7f}\u{ffff}\u{e0041}\n";
        let mut op = serde_json::to_string(key).expect("JSON");
        line(&mut op);
        assert!(!op.contains(|c: char| c.is_control() || matches!(c, '\u{ffff}' | '\u{e0041}')), "{op}");
        assert_eq!(serde_json::from_str::<String>(&op).expect("JSON"), key);
    }
}
