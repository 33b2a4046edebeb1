//! The command line.

mod adapter_check;
mod badge;
mod build;
mod certify;
mod coverage;
mod doctor;
mod explain;
mod export;
mod fuzz;
mod init;
mod list;
mod matrix;
mod pingpong;
mod process;
mod registry;
mod run;
mod target;
mod tell;
mod verify;

use crate::{catalogue, clauses::Law, event::plain::plain, host::Host};
use clap::{
    Parser, Subcommand,
    error::{ContextKind, ContextValue, ErrorKind::UnknownArgument},
};
use std::{ffi::OsString, io::Write, process::ExitCode, sync::Arc};

/// The run could not prove anything, or the command line is wrong.
const COULD_NOT_RUN: u8 = 3;

/// A case could not be decided, or was decided once so and once otherwise.
const UNDECIDED: u8 = 2;

/// Says, clause by clause, whether a host conforms to wasi-cloud.
#[derive(Debug, Parser)]
#[command(name = "cloud-conformance", version, after_help = HELP)]
struct Cli {
    /// When to use colours: in a pipe, and where NO_COLOR is set, `auto` does not.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    color: Color,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the catalogue on a host.
    Run(Box<run::Run>),
    /// Runs the catalogue with three seeds, and signs what it has shown.
    Certify(certify::Certify),
    /// Checks a certificate, and counts again.
    Verify(verify::Verify),
    /// Makes a picture, or a row of a table, of a certificate that is verified.
    Badge(badge::Badge),
    /// Makes a page of a folder of certificates.
    Registry(registry::Registry),
    /// Runs the classic guest with the messages of one host and the key-value store of another, on every pair there is.
    Pingpong(pingpong::Pingpong),
    /// Tries hosts with operations at random, and shrinks what differs from the law.
    Fuzz(fuzz::Fuzz),
    /// Lists the cases without starting anything.
    List(list::List),
    /// Explains a case or a clause.
    Explain(explain::Explain),
    /// Shows what no case proves, and what no mutant puts to the test.
    Coverage(coverage::Show),
    /// Puts finished runs side by side: what each host makes of each clause.
    Matrix(matrix::Matrix),
    /// Shows what changed from one finished run to another.
    Diff(matrix::Diff),
    /// Begins the files of a host that is to be judged.
    Init(init::Init),
    /// Says what a run needs and this machine lacks, and what to do about it.
    Doctor(doctor::Doctor),
    /// Checks whether an adapter keeps its protocol, before a host is judged through it.
    AdapterCheck(adapter_check::AdapterCheck),
    /// Writes the guests that a vendor deploys, to be judged over HTTP.
    Export(export::Export),
    /// Builds the guests from their sources.
    Build(build::Build),
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl From<Color> for anstream::ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

const HELP: &str = "\
Examples:
  cloud-conformance run --host memory
  cloud-conformance run --host redis --url redis://127.0.0.1:6379
  cloud-conformance init my-host && cloud-conformance run --host my-host/host.toml
  cloud-conformance explain KV-STORE-05
  cloud-conformance certify --host my-host/host.toml --key me.pem --keygen
  cloud-conformance verify certificate.json --trust me.pub.pem

Exit codes; where several are true, the first of 3, 1, 2, 4 counts:
  0  conformant; or, as the last line then says, less was asked for or failures were expected: no
     claim of conformance
  1  a case failed; for `coverage`: there are gaps; for `diff`: something got worse; for `fuzz`: a
     host differs; for `adapter-check`: a check failed; for `doctor`: something is missing that a
     run needs; for `certify`: not enough was shown; for `verify` and `badge`: the certificate is
     rejected
  2  a case could not be decided, or ended otherwise when it was repeated
  3  the run proves nothing: wrong usage or configuration, a host that did not start, an error of
     the suite, a planned case without a verdict, no case at all, a declared feature that no case
     exercised, data that was left behind
  4  a case that is listed as failing passed: the list is stale";

/// Runs the program. Returns its exit code, which `--help` explains.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    ExitCode::from(run_cli(args, Vec::new()))
}

/// `run`, with its flags, on hosts that are given.
pub(crate) fn judge(hosts: Vec<Arc<dyn Host>>, args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let mut args = args.into_iter();
    let program = args.next();
    let name = hosts.first().map(|host| host.describe().name.clone()).unwrap_or_default();
    let words = ["run".to_owned(), "--host".to_owned(), name].map(OsString::from);
    ExitCode::from(run_cli(program.into_iter().chain(words).chain(args), hosts))
}

fn run_cli(args: impl IntoIterator<Item = OsString>, given: Vec<Arc<dyn Host>>) -> u8 {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let error = without_secrets(error);
            // Where even this cannot be written there is nobody left to tell.
            let _ = error.print();
            return if error.use_stderr() { COULD_NOT_RUN } else { 0 };
        }
    };
    let color: anstream::ColorChoice = cli.color.into();
    match execute(cli.command, color, given) {
        Ok(code) => code,
        Err(error) => {
            let mut said = format!("{error:#}");
            plain(&mut said);
            let _ = writeln!(anstream::AutoStream::new(std::io::stderr(), color), "error: {said}");
            COULD_NOT_RUN
        }
    }
}

/// What stands where nothing belongs may be a password that slipped: it is not repeated.
fn without_secrets(mut error: clap::Error) -> clap::Error {
    let stray = |text: &str| !text.starts_with('-') || text.contains([':', '@', '=']);
    if let Some(ContextValue::String(text)) =
        error.get(ContextKind::InvalidArg).filter(|_| error.kind() == UnknownArgument)
        && stray(text)
    {
        error.insert(ContextKind::InvalidArg, ContextValue::String("***".to_owned()));
        // "to pass it as a value" repeats it.
        error.remove(ContextKind::Suggested);
    }
    if let Some(ContextValue::String(text)) = error.get(ContextKind::InvalidSubcommand)
        && text.contains([':', '@'])
    {
        error.insert(ContextKind::InvalidSubcommand, ContextValue::String("***".to_owned()));
    }
    error
}

fn execute(command: Command, color: anstream::ColorChoice, given: Vec<Arc<dyn Host>>) -> anyhow::Result<u8> {
    let cases = catalogue::all();
    let law = Law::embedded()?;
    match command {
        Command::Run(command) => command.execute(&cases, &law, color, given),
        Command::Certify(command) => command.execute(&cases, &law, color),
        Command::Verify(command) => shown(command.execute(&cases, &law)),
        Command::Badge(command) => shown(command.execute(&cases, &law)),
        Command::Registry(command) => shown(command.execute(&cases, &law)),
        Command::Pingpong(command) => command.execute(&cases, &law, color),
        Command::Fuzz(command) => command.execute(&cases),
        Command::List(command) => shown(command.execute(&cases, &law).map(|()| 0)),
        Command::Explain(command) => shown(command.execute(&cases, &law).map(|()| 0)),
        Command::Coverage(command) => shown(command.execute(&cases, &law)),
        Command::Matrix(command) => shown(command.execute(&cases, &law).map(|()| 0)),
        Command::Diff(command) => shown(command.execute()),
        Command::Init(command) => shown(command.execute()),
        Command::Doctor(command) => shown(command.execute(&cases, color)),
        Command::AdapterCheck(command) => command.execute(&cases, color),
        Command::Export(command) => command.execute(),
        Command::Build(command) => command.execute(),
    }
}

/// `cloud-conformance list | head` is no error. A run is judged whoever reads of it: this is not for `run`.
fn shown(written: anyhow::Result<u8>) -> anyhow::Result<u8> {
    let is_pipe = |cause: &std::io::Error| cause.kind() == std::io::ErrorKind::BrokenPipe;
    match written {
        Err(error) if error.downcast_ref().is_some_and(is_pipe) => Ok(0),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory};

    /// In a pipe clap wraps at 100 columns, and a command that is broken in two fails where it is pasted.
    #[test]
    fn examples_are_shown_as_they_are_written() {
        fn look(command: &mut Command) {
            let written = command.get_after_long_help().or(command.get_after_help()).map(ToString::to_string);
            let shown = command.render_long_help().to_string();
            let name = command.get_name();
            assert!(shown.contains(written.unwrap_or_default().trim_end()), "{name}: a line is too long");
            let long = shown.lines().find(|line| line.chars().count() > 100);
            assert!(long.is_none(), "{name}: {long:?}");
            command.get_subcommands_mut().for_each(look);
        }
        let mut command = Cli::command().term_width(100);
        command.build();
        look(&mut command);
    }
}
