//! A language by a script (F44): four verbs build the drivers, which are then judged like any that somebody built.

use crate::{
    catalogue::{self, Need},
    clauses::LAW,
    host::{
        Driver,
        command::process::{end_group, ending, kept, started},
    },
};
use anyhow::{Context, bail};
use include_dir::{Dir, include_dir};
use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::{OsStr, OsString},
    fs,
    path::Path,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{process::Command, signal::ctrl_c, time::sleep};

/// The line protocol, as `bindgen` gets it.
static LINE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/wit");
const WORLDS: &str = include_str!("script/drivers.wit");

/// How long a verb may take: `prepare` may fetch a toolchain.
const PATIENCE: Duration = Duration::from_secs(600);
/// How `compile` says that the language has no such driver: as tests say that they are skipped. A shell, `make` and most compilers
/// exit with 1 or 2 where something is wrong, and that must not pass for an answer.
const NO_DRIVER: i32 = 77;

/// What a script has built.
pub(super) struct Built {
    pub drivers: Vec<(Driver, Vec<u8>)>,
    /// What the language does not carry, by the word of the need or capability, with the reason.
    pub lacks: BTreeMap<String, String>,
}

/// Calls the verbs in their order, and tells of each before it begins.
///
/// # Errors
/// A verb that fails, with what it said and what it owes.
pub(super) async fn build(script: &Path, tell: impl Fn(&str)) -> anyhow::Result<Built> {
    let shown = script.file_name().unwrap_or_default().to_string_lossy().into_owned();
    // A name without a folder would be looked for on the PATH.
    let program = std::path::absolute(script)?.into_os_string();
    let script = Script { shown, command: vec![program], patience: PATIENCE, tell };
    let temporary = tempfile::Builder::new().prefix("cloud-conformance-").tempdir()?;
    let [wit, folder] = ["wit", "work"].map(|name| temporary.path().join(name));
    write_wit(&wit).context("the WIT cannot be written out")?;
    fs::create_dir(&folder)?;

    script.must(Verb::Prepare, None, &[&folder]).await?;
    script.must(Verb::Bindgen, None, &[&folder, &wit]).await?;
    let mut built = Built { drivers: Vec::new(), lacks: BTreeMap::new() };
    for driver in Driver::ALL {
        let wasm = temporary.path().join(format!("{}.wasm", driver.name()));
        let Some(lacks) = script.compile(driver, &folder, &wasm).await? else {
            let reason = format!("`{}` builds no driver for `{}`", script.shown, driver.name());
            built.lacks.insert(word(driver).to_owned(), reason);
            continue;
        };
        script.must(Verb::Verify, Some(driver), &[&folder, &wasm]).await?;
        built.drivers.push((driver, fs::read(&wasm)?));
        built.lacks.extend(lacks);
    }
    if built.drivers.is_empty() {
        bail!("`{}` builds no driver at all, so there is nothing to judge: see docs/certify-your-sdk.md", script.shown);
    }
    Ok(built)
}

/// One folder in which every generator finds what it needs.
fn write_wit(folder: &Path) -> std::io::Result<()> {
    let line = folder.join("deps/conformance");
    fs::create_dir_all(&line)?;
    fs::write(folder.join("drivers.wit"), WORLDS)?;
    LINE.extract(line)?;
    LAW.get_dir("deps").map_or(Ok(()), |deps| deps.extract(folder))
}

/// The word under which the cases of a driver look whether it is there.
const fn word(driver: Driver) -> &'static str {
    match driver {
        Driver::KeyvalueExt => "extension",
        Driver::Keyvalue | Driver::Messaging | Driver::Config => driver.name(),
    }
}

/// Every word that a case of the driver's capability may need of it.
fn words(driver: Driver) -> BTreeSet<&'static str> {
    let capability = driver.name().trim_end_matches("-ext");
    let cases = catalogue::all().into_iter().filter(|case| case.capability() == capability);
    let of_case = |case: catalogue::Case| {
        let needs =
            case.needs.iter().filter_map(|need| if let Need::Interface(word) = need { Some(*word) } else { None });
        needs.chain(case.suite.rsplit('/').next())
    };
    cases.flat_map(of_case).collect()
}

#[derive(Debug, Clone, Copy)]
enum Verb {
    Prepare,
    Bindgen,
    Compile,
    Verify,
}

impl Verb {
    const fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Bindgen => "bindgen",
            Self::Compile => "compile",
            Self::Verify => "verify",
        }
    }

    /// What it has to do, for who has to correct it.
    const fn owes(self) -> &'static str {
        match self {
            Self::Prepare => "it has to find or install the language's toolchain, or to say what is missing",
            Self::Bindgen => "it has to generate bindings of the WIT in the folder that is its last argument",
            Self::Compile => "it has to write the component, or to exit with 77 where the language has no such driver",
            Self::Verify => "it refuses the component that `compile` has written",
        }
    }
}

/// How a verb ended.
struct Ended {
    status: ExitStatus,
    out: String,
    err: String,
}

struct Script<T> {
    shown: String,
    command: Vec<OsString>,
    patience: Duration,
    tell: T,
}

impl<T: Fn(&str)> Script<T> {
    /// What the driver does not carry; `None` if the language has no such driver.
    async fn compile(
        &self,
        driver: Driver,
        folder: &Path,
        wasm: &Path,
    ) -> anyhow::Result<Option<BTreeMap<String, String>>> {
        let arguments = [folder.as_os_str(), driver.name().as_ref(), wasm.as_os_str()];
        let ended = self.call(Verb::Compile, Some(driver), &arguments).await?;
        if ended.status.code() == Some(NO_DRIVER) {
            return Ok(None);
        }
        let called = self.called(Verb::Compile, Some(driver));
        self.judge(&called, Verb::Compile, &ended)?;
        if !wasm.is_file() {
            bail!("`{called}` succeeded and wrote nothing: {}", Verb::Compile.owes());
        }
        let known = words(driver);
        let lacks = ended.out.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| {
            if !known.contains(line) {
                let known = known.iter().copied().collect::<Vec<_>>().join(", ");
                bail!(
                    "`{called}` printed `{line}`: its standard output says what the driver does not carry, a word a line, of \
                     {known}; send the rest to standard error"
                );
            }
            Ok((line.to_owned(), format!("the driver that `{}` builds does not carry `{line}`", self.shown)))
        });
        lacks.collect::<anyhow::Result<_>>().map(Some)
    }

    /// A verb that has no choice but to succeed.
    async fn must(&self, verb: Verb, driver: Option<Driver>, arguments: &[&Path]) -> anyhow::Result<()> {
        let arguments: Vec<_> = arguments.iter().map(|path| path.as_os_str()).collect();
        let ended = self.call(verb, driver, &arguments).await?;
        self.judge(&self.called(verb, driver), verb, &ended)
    }

    fn judge(&self, called: &str, verb: Verb, ended: &Ended) -> anyhow::Result<()> {
        if ended.status.success() {
            return Ok(());
        }
        let said = if ended.err.trim().is_empty() { "nothing" } else { ended.err.trim_end() };
        let (how, owes) = (ending(ended.status), verb.owes());
        bail!("`{called}` {how}: {owes}; see docs/certify-your-sdk.md. It said on standard error:\n{said}")
    }

    /// As errors and the progress name it.
    fn called(&self, verb: Verb, driver: Option<Driver>) -> String {
        let driver = driver.map(|driver| format!(" {}", driver.name())).unwrap_or_default();
        format!("{} {}{driver}", self.shown, verb.name())
    }

    async fn call(&self, verb: Verb, driver: Option<Driver>, arguments: &[&OsStr]) -> anyhow::Result<Ended> {
        let called = self.called(verb, driver);
        (self.tell)(&called);
        let (program, before) = self.command.split_first().context("no script is named")?;
        let mut process = Command::new(program);
        process.args(before).arg(verb.name()).args(arguments).kill_on_drop(true);
        process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // What it has started must end with it.
        #[cfg(unix)]
        process.process_group(0);
        let mut child = started(process).with_context(|| {
            let shown = &self.shown;
            format!(
                "`{shown}` is no component, so it has to be a script that is executable; see docs/certify-your-sdk.md"
            )
        })?;
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr) = stdout.zip(stderr).context("its standard streams are gone")?;
        let ended = async { tokio::join!(child.wait(), kept(stdout), kept(stderr)) };
        let why = tokio::select! {
            (status, out, err) = ended => return Ok(Ended { status: status?, out, err }),
            () = sleep(self.patience) => {
                format!("did not end within {}: what takes longer belongs before the run", humantime::format_duration(self.patience))
            }
            _ = ctrl_c() => "was interrupted".to_owned(),
        };
        end_group(&mut child).await;
        bail!("`{called}` {why}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wit_parser::Resolve;

    #[test]
    fn the_wit_that_is_written_out_has_a_world_for_each_driver() {
        let folder = tempfile::tempdir().unwrap();
        write_wit(folder.path()).unwrap();
        let mut resolve = Resolve::default();
        let (package, _) = resolve.push_dir(folder.path()).unwrap();
        for driver in Driver::ALL {
            let world = resolve.select_world(&[package], Some(driver.name())).unwrap();
            assert_eq!(resolve.worlds[world].exports.len(), 1, "{}", driver.name());
        }
    }

    #[test]
    fn what_a_driver_may_not_carry_are_the_words_that_cases_ask_for() {
        assert!(words(Driver::Keyvalue).is_superset(&["atomics", "batch", "cas", "store"].into()));
        assert!(!words(Driver::Config).contains("batch"));
    }

    /// A script is a program: this one is a shell, with what is to be done as its first argument.
    #[cfg(unix)]
    #[tokio::test]
    async fn a_verb_that_does_not_end_is_ended_with_what_it_started() {
        let folder = tempfile::tempdir().unwrap();
        let beats = folder.path().join("beats");
        let busy = "(while :; do echo >> \"$1/beats\"; done) & wait";
        let command = ["sh", "-c", busy].map(OsString::from).into();
        let script =
            Script { shown: "busy.sh".into(), command, patience: Duration::from_millis(500), tell: |_: &str| {} };
        let why = script.must(Verb::Prepare, None, &[folder.path()]).await.unwrap_err().to_string();
        assert!(why.starts_with("`busy.sh prepare` did not end within 500ms"), "{why}");
        let length = || fs::metadata(&beats).unwrap().len();
        let still = async {
            let mut before = 0;
            while before != length() {
                before = length();
                sleep(Duration::from_millis(50)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), still).await.expect("what it started has ended");
    }
}
