//! `--format` and `--report`: how a run is written down, and where.

use crate::report::{Detail, Report, json::Json, junit, markdown, pretty::Pretty, tap, terse, whole::Whole};
use anyhow::{Context, anyhow};
use clap::ValueEnum;
use std::{fs::File, io::Write, path::PathBuf, str::FromStr};

/// How a run is written down. Every format is made from the same events.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Text for people.
    Pretty,
    /// A line for each case.
    Terse,
    /// The event stream, one JSON object a line.
    Json,
    /// JUnit's XML.
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
    /// A page in Markdown.
    Markdown,
}

impl Format {
    pub fn report(self, out: impl Write + 'static, detail: Detail) -> Box<dyn Report> {
        match self {
            Self::Pretty => Box::new(Pretty::new(out, detail)),
            Self::Json => Box::new(Json::new(out, detail)),
            Self::Terse => Box::new(Whole::new(out, terse::render)),
            Self::Junit => Box::new(Whole::new(out, junit::render)),
            Self::Tap => Box::new(Whole::new(out, tap::render)),
            Self::Markdown => Box::new(Whole::new(out, markdown::render)),
        }
    }
}

/// `FORMAT=FILE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToFile {
    format: Format,
    path: PathBuf,
}

impl FromStr for ToFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (format, path) = text.split_once('=').ok_or("write FORMAT=FILE, such as junit=report.xml")?;
        let format = Format::from_str(format, false).map_err(|_| {
            let known: Vec<_> = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value).collect();
            let known: Vec<_> = known.iter().map(clap::builder::PossibleValue::get_name).collect();
            format!("there is no format `{format}`; there are {}", known.join(", "))
        })?;
        if path.is_empty() {
            return Err("the file has no name".to_owned());
        }
        Ok(Self { format, path: path.into() })
    }
}

impl ToFile {
    /// Makes the file, so that one that cannot be made is known before the run.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn open(&self, detail: Detail) -> anyhow::Result<Box<dyn Report>> {
        let file = File::create(&self.path).map_err(|why| anyhow!(why));
        let file = file.with_context(|| format!("the report `{}` cannot be written", self.path.display()))?;
        // What is in a file has no colours.
        let plain = anstream::StripStream::new(file);
        Ok(self.format.report(plain, detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::tell::Teller,
        event::{Cited, Event, HostInfo, Inapplicable, Mismatch, Record, Started, Summary},
        host::HostCall,
        outcome::Verdict,
        transcript::Entry,
    };
    use std::{fs, time::Duration};

    /// Everything that a host may say, in words that hide what follows and that XML cannot say.
    fn hostile(verdict: Verdict) -> Record {
        let said = || format!("{} \u{1b}]0;title \u{9b}2J \u{0}\u{8}\r\u{fffe}\u{ffff} ]]>", verdict.word());
        let call = HostCall {
            at_us: 1,
            capability: "keyvalue".into(),
            op: said(),
            label: said(),
            key: said(),
            outcome: said(),
            took_us: 1,
        };
        Record {
            verdict,
            clauses: vec![Cited { id: "KV-STORE-05".into(), text: "a sentence".into() }],
            why: Some(said()),
            mismatch: Some(Mismatch { what: said(), expected: said(), actual: said() }),
            leak: Some(said()),
            log: vec![said()],
            calls: vec![call],
            transcript: vec![Entry { who: "a".into(), group: None, op: said(), seen: said(), at: Duration::ZERO }],
            ..Record::new(&format!("keyvalue/store/{}", verdict.word()), "direct")
        }
    }

    /// As it is written to a file: a sequence that does not end would swallow the rest.
    #[test]
    fn what_a_host_says_is_text_in_every_format() {
        let wild = || "1.0 \u{1b}]0;title\n\u{ffff}".to_owned();
        let host = HostInfo { name: wild(), version: wild(), notes: vec![wild()], ..HostInfo::default() };
        let owed = Inapplicable { id: "a/b/c".into(), reason: wild(), lacking: true, ..Inapplicable::default() };
        let started = Started { hosts: vec![host], inapplicable: vec![owed], ..Started::default() };
        let summary = Summary { problems: vec![wild(), "the last word".into()], exit: 3, ..Summary::default() };
        for format in Format::value_variants() {
            let file = tempfile::NamedTempFile::new().expect("a file");
            let to_file = ToFile { format: *format, path: file.path().into() };
            let report = to_file.open(Detail { trace: true, quiet: false }).expect("a report");
            let mut teller = Teller::new(vec![report], Vec::new(), true, false);
            teller.tell(Event::Started(started.clone()));
            Verdict::ALL.into_iter().for_each(|verdict| teller.tell(Event::Ended(Box::new(hostile(verdict)))));
            teller.tell(Event::Finished(summary.clone()));
            teller.finish().1.expect("written");
            let text = fs::read_to_string(file.path()).expect("UTF-8");
            let is_wild = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{fffe}' | '\u{ffff}');
            assert!(!text.contains(is_wild), "{format:?}: {text:?}");
            // JSON writes a backslash twice.
            assert!(text.contains("u001b]0;title") && text.contains("the last word"), "{format:?}: {text}");
            if *format == Format::Junit {
                quick_junit::Report::deserialize_from_str(&text).expect("JUnit's XML");
            }
        }
    }

    #[test]
    fn a_report_has_a_format_and_a_file() {
        let good: ToFile = "junit=a=b.xml".parse().expect("a report");
        assert_eq!(good, ToFile { format: Format::Junit, path: "a=b.xml".into() });
        for (bad, word) in [("junit", "write FORMAT=FILE"), ("xml=a", "there are pretty, terse"), ("tap=", "no name")] {
            let why = bad.parse::<ToFile>().expect_err(bad);
            assert!(why.contains(word), "{bad}: {why}");
        }
    }
}
