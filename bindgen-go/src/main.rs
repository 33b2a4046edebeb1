//! `bindgen-go ./wit --world w --out dir`: the command line.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, path};

use anyhow::{Context, Result, anyhow, bail};
use bindgen_go::{Options, tree};
use clap::Parser;
use wit_bindgen_core::wit_parser::Resolve;
use wit_bindgen_core::{Files, WorldGenerator};

const EXAMPLES: &str = "\
Examples:
  In a Go module, generate package example.com/app/gen/... from ./wit:
    bindgen-go ./wit --world service --out gen

  The same for each `go generate`, from a line in any Go file:
    //go:generate bindgen-go ./wit --world service --out gen

  As a module of its own, for others to require:
    bindgen-go ./wit --world service --out go --module example.com/service/go

  With short import paths, such as example.com/app/gen/keyvalue:
    bindgen-go ./wit --world service --out gen \\
      --package wasi:keyvalue=keyvalue --package wasi:config=config

  A second world in one program shares the first's runtime:
    bindgen-go ./plugin.wit --out plugin --runtime example.com/app/gen/wit

Exit codes:
  0  the files are written; with --check, none would change
  1  they are not: no such WIT, no go.mod, a name that is taken; with --check, a file would change
  2  wrong usage";

/// Generates idiomatic Go, for the stock Go compiler, from a WIT world.
#[derive(Parser)]
#[command(version, after_help = EXAMPLES)]
struct Args {
    /// The WIT: a folder with its `deps`, or a file.
    wit: PathBuf,
    /// The world, as `name` or `namespace:package/name`. Needed where the package has several.
    #[arg(long)]
    world: Option<String>,
    /// The folder to write to. Files in it that the generator did not write are left alone.
    #[arg(long)]
    out: PathBuf,
    /// Make the folder a Go module of this path. Without it, the import paths come from the go.mod above the folder.
    #[arg(long, value_name = "PATH")]
    module: Option<String>,
    /// Use the runtime package at this import path, instead of generating one: a program can have only one.
    #[arg(long, value_name = "IMPORT PATH")]
    runtime: Option<String>,
    /// Write what async worlds need into the runtime, although this is none: for programs with another world, which is.
    #[arg(long = "async")]
    asynchronous: bool,
    /// Put a WIT package, or one of its interfaces, into this folder below --out, whose last part is the Go name: as
    /// `wasi:keyvalue=keyvalue`, `wasi:keyvalue@0.2.0=kv` or `wasi:messaging/incoming-handler=messaging/handler`. Repeatable.
    #[arg(long = "package", value_name = "WIT=DIR", value_parser = place)]
    packages: Vec<(String, String)>,
    /// Take what the WIT has behind `@unstable(feature = NAME)`; several with commas.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    features: Vec<String>,
    /// Take what the WIT has behind any feature.
    #[arg(long)]
    all_features: bool,
    /// Write nothing, and fail if a file would change: for CI.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("bindgen-go: {e:#}");
            ExitCode::FAILURE
        }
    }
}

/// `wasi:keyvalue=keyvalue`
fn place(text: &str) -> Result<(String, String), String> {
    let (wit, dir) = text.split_once('=').ok_or("want WIT=DIR, as in wasi:keyvalue=keyvalue")?;
    Ok((wit.to_owned(), dir.trim_end_matches('/').to_owned()))
}

fn run(args: &Args) -> Result<()> {
    let mut resolve = Resolve { all_features: args.all_features, ..Resolve::default() };
    resolve.features.extend(args.features.iter().cloned());
    if !args.wit.exists() {
        bail!("there is no {}: give the folder or the file with the WIT", args.wit.display());
    }
    let (package, _) = resolve.push_path(&args.wit).with_context(|| format!("cannot read {}", args.wit.display()))?;
    let world = resolve.select_world(&[package], args.world.as_deref()).map_err(|e| {
        let worlds: Vec<_> = resolve.packages[package].worlds.keys().map(String::as_str).collect();
        match worlds.is_empty() {
            true => anyhow!("{e:#}: {} has no world", args.wit.display()),
            false => anyhow!("{e:#}: give --world, one of: {}", worlds.join(", ")),
        }
    })?;
    let module = match &args.module {
        Some(module) => module.clone(),
        None => import_path(&args.out)?,
    };
    // A go.mod that is there may have more in it than we would write.
    let go_mod = args.module.is_some() && !args.out.join("go.mod").exists();
    if args.module.is_some() && !go_mod && import_path(&args.out)? != module {
        bail!(
            "{} is of another module than {module}: change it, or leave out --module",
            args.out.join("go.mod").display()
        );
    }
    let options = Options {
        module,
        runtime: args.runtime.clone(),
        go_mod,
        packages: args.packages.clone(),
        asynchronous: args.asynchronous,
    };
    let mut files = Files::default();
    options.build().generate(&mut resolve, world, &mut files)?;

    let differ = tree::sync(&args.out, &files, !args.check)
        .with_context(|| format!("cannot write to {}", args.out.display()))?;
    if args.check && !differ.is_empty() {
        let names: Vec<_> = differ.iter().map(|path| path.display().to_string()).collect();
        bail!("out of date: {}; run bindgen-go again without --check", names.join(", "));
    }
    Ok(())
}

/// The import path of a folder, from the go.mod in it or above it.
fn import_path(out: &Path) -> Result<String> {
    let out = path::absolute(out).with_context(|| format!("cannot find {}", out.display()))?;
    let out = normal(&out);
    for folder in out.ancestors() {
        let Ok(text) = fs::read_to_string(folder.join("go.mod")) else { continue };
        let module = text.lines().find_map(|line| line.trim().strip_prefix("module "));
        let module = module.with_context(|| format!("{} has no module line", folder.join("go.mod").display()))?;
        let module = module.split("//").next().unwrap_or_default().trim().trim_matches('"');
        let below = out.strip_prefix(folder).unwrap_or(Path::new(""));
        let parts = below.components().map(|part| part.as_os_str().to_string_lossy());
        return Ok([module.into()].into_iter().chain(parts).collect::<Vec<_>>().join("/"));
    }
    bail!(
        "there is no go.mod in {} or above it: run `go mod init` first, or give --module to make the folder a module",
        out.display()
    )
}

/// The path without `.` and `..`, which need not exist yet.
fn normal(path: &Path) -> PathBuf {
    let mut out = env::current_dir().unwrap_or_default();
    for part in path.components() {
        match part {
            path::Component::ParentDir => drop(out.pop()),
            path::Component::CurDir => {}
            part => out.push(part),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    /// In a pipe clap wraps at 100 columns, and a command that is broken in two fails where it is pasted.
    #[test]
    fn examples_are_shown_as_they_are_written() {
        let shown = Args::command().term_width(100).render_long_help().to_string();
        assert!(shown.contains(EXAMPLES), "a line is too long: {shown}");
        assert_eq!(shown.lines().find(|line| line.chars().count() > 100), None);
    }
}
