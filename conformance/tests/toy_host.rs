//! The host in Python that the guide goes through keeps what it could be asked, and one with a defect is found out.

#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

mod program;
mod support;

use libtest_mimic::{Arguments, Completion, Trial};
use program::{cli, code, ended, err, events, ids, out};
use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};
use support::{missing, required};

const RELEASE: &str = "on wasmtime 50.";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/toy-host");

fn main() -> ExitCode {
    let trial = |name, test: fn()| {
        Trial::ignorable_test(name, move || match absent() {
            Some(why) => Ok(Completion::ignored_with(why)),
            None => {
                test();
                Ok(Completion::Completed)
            }
        })
    };
    let trials = vec![
        trial("what_ran_conforms", conforms),
        trial("its_adapter_keeps_the_protocol", adapter),
        trial("guests_in_c_and_go_see_the_same", languages),
        trial("a_copy_with_a_defect_is_found_out", defects),
        Trial::ignorable_test("the_guide_leads_to_a_certificate", || match required("guide") {
            false => Ok(Completion::ignored_with("takes minutes: `CLOUD_CONFORMANCE_REQUIRE=guide`")),
            true => {
                guide();
                Ok(Completion::Completed)
            }
        }),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

fn absent() -> Option<String> {
    if required("toy-host") {
        return None;
    }
    let imported = || Command::new("python3").args(["-c", "import wasmtime.component"]).output();
    missing("toy-host", "python3").or_else(|| {
        let installed = imported().is_ok_and(|output| output.status.success());
        (!installed).then(|| "Python has no `wasmtime`: `bash .ci/servers toy-host`".to_owned())
    })
}

fn run(folder: &str, more: &[&str]) -> std::process::Output {
    let host = format!("{folder}/toy-host.toml");
    // A machine that does other things as well takes minutes for ten thousand handles.
    let patient = ["--op-timeout", "60", "--case-timeout", "600"];
    cli(&[&["run", "--host", &*host, "--format", "json"], more, &patient].concat())
}

fn conforms() {
    let output = run(FOLDER, &["--lang", "rust"]);
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let events = events(&output);
    let version = events[0]["hosts"][0]["version"].as_str().expect("a version");
    assert!(version.starts_with(RELEASE), "the guide is about {RELEASE}x, here is {version}");
    // More is a reason to raise the number, fewer a reason to look.
    assert_eq!(ended(&events, "pass").len(), 353);
    assert!(ended(&events, "xfail").is_empty());
}

fn languages() {
    let picked = ["--run", "config/**", "--run", "keyvalue/atomics/**", "--run", "keyvalue/batch/**"];
    let output = run(FOLDER, &[&["--lang", "c", "--lang", "go"], &picked[..]].concat());
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
    let events = events(&output);
    let altitudes = events[0]["hosts"].as_array().expect("hosts").len();
    assert_eq!(ended(&events, "pass").len(), 91 * altitudes);
}

fn adapter() {
    let output = cli(&["adapter-check", "--host", &format!("{FOLDER}/toy-host.toml")]);
    assert_eq!(code(&output), 0, "{}\n{}", err(&output), out(&output));
}

/// As a new user: the commands of the guide as they stand there, in their order, in a folder with nothing but the example.
fn guide() {
    const GUIDE: &str = include_str!("../../docs/certify-your-host.md");
    const TURNS: [(&str, i32); 5] =
        [("adapter-check ", 0), ("run ", 0), ("run ", 1), ("certify ", 0), ("verify certificate.json ", 0)];
    let part = GUIDE.split("\n## ").find(|part| part.starts_with("A host in Python")).expect("the part");
    let commands: Vec<_> = part.lines().filter_map(|line| line.strip_prefix("    cloud-conformance ")).collect();
    assert_eq!(commands.len(), TURNS.len(), "{commands:?}");
    let folder = tempfile::tempdir().expect("a folder");
    let example = folder.path().join("conformance/examples/toy-host");
    copy(&example);
    for (command, (word, ends)) in commands.into_iter().zip(TURNS) {
        let broken = ends == 1;
        if broken {
            assert!(
                part.contains("`if False:` for `if data is not store or data.get(key) != seen:`"),
                "the guide says so"
            );
            edit(&example.join("keyvalue.py"), "if data is not store or data.get(key) != seen:", "if False:");
        }
        let began = std::time::Instant::now();
        // Nothing of a command wants a shell, but quotes around a pattern.
        let args: Vec<_> = command.split(' ').map(|word| word.trim_matches('\'')).collect();
        let output = Command::new(program::PROGRAM).args(args).current_dir(&folder).output().expect("it starts");
        eprintln!("{:4} s  {command}", began.elapsed().as_secs());
        assert!(command.starts_with(word), "{command}");
        assert_eq!(code(&output), ends, "{command}: {}\n{}", err(&output), out(&output));
        if broken {
            copy(&example);
        }
    }
}

/// The example, as it is.
fn copy(to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(FOLDER).expect("the example") {
        let path = entry.expect("an entry").path();
        if path.is_file() {
            fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
        }
    }
}

fn edit(path: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(path).expect("a file");
    assert!(text.contains(from), "{from} in {}", path.display());
    fs::write(path, text.replace(from, to)).expect("written");
}

/// Each in a copy of its own, which also shows that the folder may be anywhere.
fn defects() {
    for (file, honest, broken, case) in [
        (
            "keyvalue.py",
            "            data.pop(key, None)",
            "            pass",
            "keyvalue/batch/delete-many-removes-present-and-passes-over-absent",
        ),
        (
            "keyvalue.py",
            "if data is not store or data.get(key) != seen:",
            "if False:",
            "keyvalue/atomics/swap-after-a-write-fails",
        ),
        (
            "keyvalue.py",
            "if lifetime is not None:",
            "if lifetime == 0:",
            "keyvalue/extension/lifetimes-that-are-not-offered-are-unsupported",
        ),
        // What a control of the suite shows.
        ("toy_host.py", ".grants = request", ".ignored = request", "keyvalue/store/revoked-while-open"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        copy(folder.path());
        edit(&folder.path().join(file), honest, broken);
        let folder: &Path = folder.path();
        let output = run(folder.to_str().expect("UTF-8"), &["--lang", "rust", "--run", case]);
        assert_eq!(code(&output), 1, "{broken}: {}\n{}", err(&output), out(&output));
        assert_eq!(ids(&ended(&events(&output), "fail")), [case.to_owned()].into());
    }
}
