//! `wasi-cloud new`: a folder with a component that builds and passes its tests.

mod templates;

use crate::args::{
    doctor::Language,
    new::{New, Template},
};
use anyhow::{Context, bail};
use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
};

/// The longest name, in bytes.
const LONGEST: usize = 64;
/// Words of Rust, and crates that a package of the name would hide: cargo refuses them, or what uses them.
const TAKEN: &str = "abstract alloc as async await become box break const continue core crate do dyn else enum extern false \
    final fn for gen if impl in let loop macro match mod move mut override priv proc_macro pub ref return self static std \
    struct super test trait true try type typeof union unsafe unsized use virtual wasi-cloud-sdk where while yield";

/// A name that a package can have in each language.
pub fn name(text: &str) -> Result<String, String> {
    let rest = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !text.starts_with(|c: char| c.is_ascii_lowercase()) || !text.chars().all(rest) || text.len() > LONGEST {
        return Err(format!(
            "write a lower-case letter, and then lower-case letters, digits, `-` and `_`, {LONGEST} at most"
        ));
    }
    if TAKEN.split_whitespace().any(|word| word == text) {
        return Err("packages cannot have this name, which means something else; choose another one".into());
    }
    Ok(text.to_owned())
}

/// Makes the folder, whole or not at all.
pub fn new(job: &New) -> anyhow::Result<()> {
    let clone = job.sdk.as_deref().map(|path| clone(path, job.language)).transpose()?;
    let folder = Path::new(&job.name);
    fs::create_dir(folder).map_err(|why| match why.kind() {
        ErrorKind::AlreadyExists => {
            anyhow::anyhow!("`{}` is there already, and nothing is written over it: choose another name", job.name)
        }
        _ => anyhow::Error::new(why).context(format!("cannot make the folder `{}`", job.name)),
    })?;
    let written = write(job, folder, clone.as_deref());
    if written.is_err() {
        // The folder is ours alone. That a half of it stays is less important than why.
        let _ = fs::remove_dir_all(folder);
    }
    written?;
    let mut said = format!("{0}: its README.md names the commands that test, build and run it\n", job.name);
    // C looks for a clone beside the folder.
    if clone.is_none() && job.language != Language::C {
        said += "it needs the published SDK; until there is one, `--sdk CLONE` takes a clone of wasi-cloud\n";
    }
    std::io::stdout().write_all(said.as_bytes()).context("cannot print")
}

fn write(job: &New, folder: &Path, clone: Option<&str>) -> anyhow::Result<()> {
    let values = values(job, clone);
    for (path, text) in templates::files(job.language, job.template) {
        let path = folder.join(path);
        let failed = || format!("cannot write `{}`", path.display());
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(failed)?;
        }
        fs::write(&path, templates::filled(text, &values)).with_context(failed)?;
    }
    Ok(())
}

/// The absolute path of a clone, which manifests and scripts can hold.
fn clone(path: &Path, language: Language) -> anyhow::Result<String> {
    let needed = match language {
        Language::Rust => "sdk-rust/Cargo.toml",
        Language::C => "sdk-c/build.sh",
        Language::Go => "bindgen-go/go/go.mod",
    };
    let shown = path.display();
    if !path.join(needed).is_file() {
        bail!("--sdk: `{shown}` is no clone of wasi-cloud, since it has no `{needed}`");
    }
    let path = fs::canonicalize(path).with_context(|| format!("--sdk: cannot read `{shown}`"))?;
    let plain = |c: char| c.is_alphanumeric() || "/._-+@~,=".contains(c);
    match path.to_str() {
        Some(path) if path.chars().all(plain) => Ok(path.to_owned()),
        _ => bail!(
            "--sdk: scripts cannot name `{}`: put the clone where the path has no spaces or quotes",
            path.display()
        ),
    }
}

/// What stands between double braces in a template.
fn values(job: &New, clone: Option<&str>) -> Vec<(&'static str, String)> {
    let New { name, language, template, .. } = job;
    let version = env!("CARGO_PKG_VERSION");
    let module = "github.com/wasi-cloud/wasi-cloud/bindgen-go/go";
    let sdk = match (language, clone) {
        (Language::Rust, Some(path)) => format!("wasi-cloud-sdk = {{ path = \"{path}/sdk-rust\" }}"),
        (Language::Rust, None) => format!("wasi-cloud-sdk = \"{version}\""),
        (Language::Go, Some(path)) => {
            format!("require {module} v{version}\n\nreplace {module} => {path}/bindgen-go/go")
        }
        (Language::Go, None) => format!("require {module} v{version}"),
        (Language::C, path) => path.unwrap_or("../wasi-cloud").to_owned(),
    };
    let (main, what, run) = match template {
        Template::Pingpong => (
            ["src/lib.rs", "pingpong.c", "main.go"],
            "Answers every `ping` on the topic `ping` with `pong 1`, `pong 2`, ... on the topic `pong`.",
            templates::RUN_PINGPONG,
        ),
        Template::Command => (
            ["src/main.rs", "main.c", "main.go"],
            "Adds its argument, or 1, to a counter, and prints the sum.",
            templates::RUN_COMMAND,
        ),
    };
    // A library's file has the name of its crate.
    let file = match (language, template) {
        (Language::Rust, Template::Pingpong) => name.replace('-', "_"),
        _ => name.clone(),
    };
    let (main, wasm) = match language {
        Language::Rust => (main[0], format!("target/wasm32-wasip2/release/{file}.wasm")),
        Language::C => (main[1], format!("{file}.wasm")),
        Language::Go => (main[2], format!("{file}.wasm")),
    };
    let (link, sources, tested) = match template {
        Template::Pingpong => (" -mexec-model=reactor", "pingpong.c", "pingpong.c pingpong_test.c"),
        Template::Command => ("", "main.c count.c", "count.c count_test.c"),
    };
    let run = templates::filled(run.trim_end(), &[("wasm", wasm.clone())]);
    vec![
        ("name", name.clone()),
        ("wasm", wasm),
        ("sdk", sdk),
        ("main", main.into()),
        ("what", what.into()),
        ("run", run),
        ("link", link.into()),
        ("sources", sources.into()),
        ("tested", tested.into()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;

    #[test]
    fn names_are_those_of_packages() {
        for good in ["a", "pongs", "my-app", "my_app2"] {
            assert_eq!(name(good).as_deref(), Ok(good));
        }
        let long = "a".repeat(65);
        for bad in ["", "A", "2a", "-a", "a b", "a/b", "../a", "a.b", "päivä", "fn", "test", "core", &long] {
            assert!(name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_is_left_between_braces() {
        for language in Language::value_variants() {
            for template in Template::value_variants() {
                for clone in [None, Some("/clone")] {
                    let job = New { name: "my-app".into(), language: *language, template: *template, sdk: None };
                    let values = values(&job, clone);
                    for (path, text) in templates::files(job.language, job.template) {
                        let text = templates::filled(text, &values);
                        let mut after = text.split("{{").skip(1);
                        assert!(
                            !after.any(|rest| rest.starts_with(|c: char| c.is_ascii_lowercase())),
                            "{path}: {text}"
                        );
                    }
                }
            }
        }
    }
}
