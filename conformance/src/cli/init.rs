//! `init`.

use crate::subject::{foreign_hosts, hosts, quoted};
use anyhow::{Context, bail};
use clap::{Args, ValueEnum};
use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// What the templates call the host.
const NAME: &str = "my-host";
/// The longest name, in bytes.
const LONGEST: usize = 64;

const ARGV: &str = include_str!("init/templates/argv.toml");
const ADAPTER: &str = include_str!("init/templates/adapter.toml");
const REST: &str = include_str!("init/templates/rest.toml");
const CARGO: &str = include_str!("init/templates/Cargo.toml.txt");
const GO_MOD: &str = "module my-host-adapter\n\ngo 1.22\n";

const EXAMPLES: &str = "\
Examples:
  cloud-conformance init
  cloud-conformance init --kind python my-host
  cloud-conformance init --kind rust --name cloud-of-mine harness

Nothing is written over. What is written runs at once, and until it is filled in each case ends
with \"not implemented\" and where to go on. docs/certify-your-host.md says more.";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Init {
    /// Where to write. The folder is made if it is missing.
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// What the host is, or the language of what stands between it and the suite.
    #[arg(long, value_name = "KIND", default_value = "argv")]
    kind: Kind,
    /// What the host is called.
    #[arg(long, value_name = "NAME", default_value = NAME, value_parser = name)]
    name: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Kind {
    /// A command line that runs components: host.toml says all of it.
    Argv,
    /// Anything else: host.toml, and an adapter in sh.
    Sh,
    /// Anything else: host.toml, and an adapter in Python.
    Python,
    /// Anything else: host.toml, and an adapter in Go.
    Go,
    /// A library in Rust: a program that is the suite with this host.
    Rust,
}

/// A name for a host, a program and a package.
fn name(text: &str) -> Result<String, String> {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(rest) || text.len() > LONGEST {
        return Err(format!(
            "write a lower-case letter, and then lower-case letters, digits, `-` and `_`, {LONGEST} at most"
        ));
    }
    if hosts().chain(foreign_hosts()).any(|host| host == text) {
        return Err("this is a host that comes with the suite; choose another name".to_owned());
    }
    Ok(text.to_owned())
}

impl Init {
    pub(super) fn execute(&self) -> anyhow::Result<u8> {
        let files: Vec<_> =
            self.kind.files().into_iter().map(|(file, text)| (self.at(file), self.filled(&text))).collect();
        // A link to nothing is there as well.
        let there = files.iter().filter(|(path, _)| path.symlink_metadata().is_ok());
        let there: Vec<_> = there.map(|(path, _)| format!("`{}`", path.display())).collect();
        if !there.is_empty() {
            bail!("{} is there already, and nothing is written over it: choose another folder", there.join(", "));
        }
        let mut out = io::stdout().lock();
        for (path, text) in &files {
            write(path, text).with_context(|| format!("`{}` cannot be written", path.display()))?;
            writeln!(out, "{}", path.display())?;
        }
        writeln!(out, "\n{}", self.next())?;
        Ok(0)
    }

    fn at(&self, file: &str) -> PathBuf {
        let path = self.dir.join(file);
        path.strip_prefix(".").map(Path::to_path_buf).unwrap_or(path)
    }

    fn filled(&self, text: &str) -> String {
        text.replace(NAME, &self.name)
    }

    /// What to do, and the two commands for it.
    fn next(&self) -> String {
        let at = |file| quoted(&self.at(file).to_string_lossy());
        let (fill, [first, second]) = match self.kind {
            Kind::Argv => ("host.toml", ["cloud-conformance doctor", "cloud-conformance run"]),
            Kind::Rust => {
                let run = format!("cargo run --manifest-path {}", at("Cargo.toml"));
                return format!("Fill in src/main.rs. See how far you are:\n  {run} -- --run 'config/**'\n  {run}");
            }
            Kind::Sh => ("host.sh", ADAPTED),
            Kind::Python => ("host.py", ADAPTED),
            // The first time it is compiled.
            Kind::Go => ("host.go", ["cloud-conformance adapter-check --timeout 60", ADAPTED[1]]),
        };
        let host = at("host.toml");
        format!("Fill in {fill}. See how far you are:\n  {first} --host {host}\n  {second} --host {host}")
    }
}

const ADAPTED: [&str; 2] = ["cloud-conformance adapter-check", "cloud-conformance run"];

impl Kind {
    /// Every file, and what is in it. Of an adapter that half is written here which is the host's own; the other half is that of
    /// the adapters which the suite has for `wasi-cloud run`.
    fn files(self) -> Vec<(&'static str, String)> {
        let adapter = |argv| ("host.toml", ADAPTER.replace("ADAPTER", argv) + REST);
        match self {
            Self::Argv => vec![("host.toml", format!("{ARGV}{REST}"))],
            Self::Sh => vec![
                adapter(r#"["sh", "{here}/adapter.sh"]"#),
                ("host.sh", include_str!("init/templates/host.sh").to_owned()),
                ("adapter.sh", include_str!("../../adapters/sh/adapter.sh").to_owned()),
            ],
            Self::Python => vec![
                adapter(r#"["python3", "{here}/host.py"]"#),
                ("host.py", include_str!("init/templates/host.py").to_owned()),
                ("adapter.py", include_str!("../../adapters/python/adapter.py").to_owned()),
            ],
            Self::Go => vec![
                adapter(r#"["go", "-C", "{here}", "run", "."]"#),
                ("host.go", include_str!("init/templates/host.go").to_owned()),
                ("adapter.go", include_str!("../../adapters/go/adapter.go").to_owned()),
                ("go.mod", GO_MOD.to_owned()),
            ],
            Self::Rust => vec![
                ("Cargo.toml", CARGO.replace("SUITE", env!("CARGO_PKG_VERSION"))),
                ("src/main.rs", include_str!("init/templates/main.rs").to_owned()),
            ],
        }
    }
}

/// Also where somebody else was faster, nothing is written over.
fn write(path: &Path, text: &str) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    File::create_new(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{catalogue, plan};

    fn host_file(kind: Kind) -> Option<String> {
        kind.files().into_iter().find(|(file, _)| *file == "host.toml").map(|(_, text)| text)
    }

    #[test]
    fn a_written_file_is_a_declaration_also_with_every_key_that_is_left_out() {
        let ids = plan::ids(&catalogue::all());
        for kind in Kind::value_variants() {
            let Some(text) = host_file(*kind) else { continue };
            plan::Declaration::parse(&text, &ids).unwrap_or_else(|why| panic!("{kind:?}: {why}"));
            // Prose has a space there.
            let whole: Vec<_> = text
                .lines()
                .map(|line| match line.strip_prefix('#') {
                    Some(key) if !key.starts_with(' ') => key,
                    _ => line,
                })
                .collect();
            let whole = whole.join("\n").replace(r#""run", "{component}""#, r#""run", "{prepared}", "{config}""#);
            let whole = plan::Declaration::parse(&whole, &ids).unwrap_or_else(|why| panic!("{kind:?}: {why}"));
            assert!(
                whole.launch.is_some_and(|launch| launch.guests_are_alone.is_some() && !launch.dialects.is_empty())
            );
            assert!(whole.capabilities.contains_key("messaging") && !whole.known_failing.is_empty());
        }
    }

    #[test]
    fn names_are_those_of_programs_and_of_nobody_else() {
        for good in ["a", "my-host", "host_2"] {
            assert_eq!(name(good).as_deref(), Ok(good));
        }
        let long = "a".repeat(65);
        for bad in ["", "A", "2a", "-a", "a b", "a/b", "a\"b", "memory", "kafka", "wasmtime", &long] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_name_stands_wherever_the_host_is_named() {
        let job = Init { dir: ".".into(), kind: Kind::Rust, name: "other".into() };
        for kind in Kind::value_variants() {
            let texts: Vec<_> = kind.files().into_iter().map(|(_, text)| job.filled(&text)).collect();
            assert!(texts.iter().any(|text| text.contains("\"other")), "{kind:?}");
            assert!(texts.iter().all(|text| !text.contains(NAME) && !text.contains("SUITE")), "{kind:?}");
        }
    }
}
