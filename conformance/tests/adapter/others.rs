//! Adapters in other languages, all for the command line of wasi-cloud, which is beside the tests.

use super::{
    checkup,
    program::{code, err},
    support::{beside, missing, unbuilt},
    verdicts::{File, run, verdicts},
};
use libtest_mimic::{Completion, Failed, Trial};
use std::{fs, path::Path, process::Command};

/// Cases of each interface that the least of the adapters can carry, few and quick.
const CASES: &str = "keyvalue/{atomics/increment-*,batch/get-many-*,store/{get,set,exists,open,two}-*}";

/// The adapter of this language keeps the protocol, and gives the verdicts that our host has without one.
pub fn trial(language: &'static str, tools: &'static [&str]) -> Trial {
    Trial::ignorable_test(format!("an_adapter_in_{language}_gives_the_same_verdicts"), move || {
        if let Some(why) = tools.iter().find_map(|tool| missing(language, tool)).or_else(|| unbuilt("wasi-cloud")) {
            return Ok(Completion::ignored_with(why));
        }
        same(language)?;
        Ok(Completion::Completed)
    })
}

fn same(language: &str) -> Result<(), Failed> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters").join(language);
    let built = tempfile::tempdir()?;
    let (program, folder_text) = (beside("wasi-cloud"), folder.to_str().expect("UTF-8"));
    let program = program.to_str().expect("UTF-8");
    let argv: Vec<String> = match language {
        "python" => vec!["python3".into(), format!("{folder_text}/host.py"), program.into()],
        "sh" => vec!["sh".into(), format!("{folder_text}/adapter.sh"), program.into()],
        _ => vec![go(&folder, built.path())?, program.into()],
    };
    let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
    checkup::passes(&argv);
    let text = fs::read_to_string(folder.join("host.toml"))?;
    // The file's own `launch` is for a user in the root of the repository.
    let (head, rest) = text.split_once("[launch]").expect("a table `launch`");
    let rest = rest.split_once("\n\n").expect("what is declared").1;
    let file = File::new(&format!("{head}{rest}"), &argv);
    let through = run(&file.path, "command", &["--run", CASES]);
    assert_eq!(code(&through), 0, "{}", err(&through));
    let (through, without) = (verdicts(&through), verdicts(&run("sqlite", "embedded", &["--run", CASES])));
    let both: Vec<_> = through.iter().filter(|(_, (verdict, _))| verdict != "skip").collect();
    assert!(both.len() >= 20, "{both:?}");
    assert!(both.into_iter().all(|(id, verdict)| without.get(id) == Some(verdict)), "{through:?}\n{without:?}");
    Ok(())
}

/// The adapter in Go, as it passes Go's own tools.
fn go(folder: &Path, into: &Path) -> Result<String, Failed> {
    let adapter = into.join("adapter");
    let adapter = adapter.to_str().expect("UTF-8");
    for arguments in [&["vet", "."][..], &["build", "-o", adapter, "."][..]] {
        let mut go = Command::new("go");
        let output =
            go.args(arguments).current_dir(folder).env("GOWORK", "off").env("GOTOOLCHAIN", "local").output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
    }
    Ok(adapter.to_owned())
}
