pub mod doctor;
mod help;
pub mod link;
pub mod new;
pub mod oci;
pub mod serve;

use crate::{
    claims::{self, TrustArgs},
    compose::{self, bridge},
    quiet::Quiet,
};
use clap::{Args, Parser, Subcommand};
use help::{COMPONENTIZE, EXIT_CODES, INSPECT, MAKE, RUN};
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use wasi_cloud::LinkSpec;
use wasi_cloud_core::Rule;
use wasi_cloud_wasmtime::runtime::Folder;

/// Runs WebAssembly components that use wasi-cloud: key-value, messaging and config.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = format!("{RUN}\n\n{MAKE}"),
    after_long_help = format!("{RUN}\n\n{MAKE}\n\n{EXIT_CODES}"),
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a component: once if it is a command, until a signal if it handles messages or HTTP requests.
    #[command(after_help = format!("{RUN}\n\n{EXIT_CODES}"))]
    Run(Box<Run>),
    /// Serve the components of a manifest until a signal, and follow its changes.
    #[command(after_help = serve::EXAMPLES)]
    Serve(serve::Serve),
    /// Change the links of a host that is serving, or list them.
    #[command(after_help = link::EXAMPLES)]
    Link(link::Link),
    /// Show what a component or a core module is, what it needs, and which grants let it run. It is compiled, not run.
    #[command(after_help = INSPECT)]
    Inspect(Inspect),
    /// Join components into one: what one imports, another exports.
    #[command(after_help = compose::HELP)]
    Compose(compose::Compose),
    /// Make a component fit a host that links other packages than ours.
    #[command(after_help = bridge::HELP)]
    Bridge(bridge::Job),
    /// Make a pair of keys to sign components with.
    #[command(after_help = claims::KEYGEN)]
    Keygen(claims::Keygen),
    /// Sign a component, and say the most that it may have.
    #[command(after_help = claims::SIGN)]
    Sign(claims::Sign),
    /// Check the claims of a signed component.
    #[command(after_help = claims::VERIFY)]
    Verify(claims::Verify),
    /// Make a component of a core module and a WIT world, or of a Go program.
    #[command(after_help = COMPONENTIZE)]
    Componentize(Componentize),
    /// Put a component or a core module into an OCI registry.
    #[command(after_help = format!("{}\n\n{}", oci::PUSH, oci::REGISTRIES))]
    Push(oci::Push),
    /// Fetch a component or a core module from an OCI registry.
    #[command(after_help = format!("{}\n\n{}", oci::PULL, oci::REGISTRIES))]
    Pull(oci::Pull),
    /// Say what this machine has for building and running components, and what to do about the rest.
    #[command(after_help = doctor::DOCTOR)]
    Doctor(doctor::Doctor),
    /// Begin a component: a folder that builds and passes its tests.
    #[command(after_help = new::NEW)]
    New(new::New),
}

#[derive(Debug, Clone, Args)]
pub struct Run {
    /// The component, or a program that is a core module for WASI preview 1, as `GOOS=wasip1 go build` makes it: that one
    /// has no capabilities. Or `oci://registry/repository:tag` for what is in a registry.
    pub app: PathBuf,

    #[command(flatten)]
    pub registry: oci::Access,

    /// Call an exported function and print its result, both in WAVE: `primes(10)`, or `ns:pkg/iface#name("text", 1)` for
    /// one in an interface, of which `name(...)` is enough where it is the only one.
    #[arg(long, value_name = "CALL", conflicts_with_all = ["http", "topics", "args"])]
    pub invoke: Option<String>,

    /// Where HTTP requests are answered, without TLS: 127.0.0.1:8080 if nothing is said. Port 0 is any free one; the log
    /// says which.
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address)]
    pub http: Option<SocketAddr>,

    /// How long an HTTP request may take with all the waiting for its client; then its instance is ended.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = duration)]
    pub request_timeout: Duration,

    /// Let the component use a folder and all that is below it: read, write, create and delete. It sees no file
    /// without this. GUEST is what the component calls it, which is HOST by default.
    #[arg(long = "dir", value_name = "HOST[::GUEST]", value_parser = folder)]
    pub dirs: Vec<Folder>,

    /// Let the component read a folder and all that is below it.
    #[arg(long = "dir-ro", value_name = "HOST[::GUEST]", value_parser = read_only)]
    pub read_only: Vec<Folder>,

    /// Link a label to a backend: `keyvalue:default=redis://localhost/0`. `#name` after the URL names the bucket, which
    /// is the label by default. `keyvalue:default` without a URL is kept in `.wasi-cloud/keyvalue.db` of the current
    /// folder.
    #[arg(long = "link", value_name = "CAPABILITY:LABEL[=URL]", value_parser = Quiet(link))]
    pub links: Vec<LinkSpec>,

    /// Allow the component something: `keyvalue:default`, narrowed with `:read` or `:write`; labels may hold `*`.
    /// Nothing is allowed without a grant.
    #[arg(long = "grant", value_name = "CAPABILITY:LABEL[:ACCESS]", value_parser = grant)]
    pub grants: Vec<String>,

    /// Allow the component everything that is linked, and the configuration given with --config.
    #[arg(long)]
    pub grant_linked: bool,

    #[command(flatten)]
    pub trust: TrustArgs,

    /// A configuration value that `wasi:config` shows to a component with the grant `config:default`.
    #[arg(long = "config", value_name = "KEY=VALUE", value_parser = Quiet(pair))]
    pub config: Vec<(String, String)>,

    /// Handle messages of this topic, from the messaging link `default`. Without any, those that the component records.
    #[arg(long = "topic", value_name = "TOPIC")]
    pub topics: Vec<String>,

    /// Tell the component what changes behind this key-value label, if it exports a watcher. Without any, behind `default`.
    #[arg(long = "watch", value_name = "LABEL")]
    pub watches: Vec<String>,

    /// Share the messages with all subscribers of this group.
    #[arg(long)]
    pub group: Option<String>,

    /// How often a message is delivered at most if its handler fails.
    #[arg(long, value_name = "TIMES", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_deliveries: u32,

    /// Move a message to this topic that was delivered so often and not handled, instead of dropping it.
    #[arg(long, value_name = "TOPIC", requires = "group")]
    pub dead_letter: Option<String>,

    /// How many messages, and how many HTTP requests, are handled at once.
    #[arg(long, value_name = "INSTANCES", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=200))]
    pub concurrency: u8,

    /// How long a call to a backend may take before it is `timeout`.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration)]
    pub timeout: Duration,

    /// How long the guest may execute without calling the host.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration)]
    pub deadline: Duration,

    /// How much memory an instance may have, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub memory: u16,

    /// An environment variable for the guest; it sees none of ours.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = Quiet(pair))]
    pub env: Vec<(String, String)>,

    /// The guest's arguments.
    #[arg(last = true)]
    pub args: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Inspect {
    /// The component, or the core module: a file, or `oci://registry/repository:tag`.
    pub app: PathBuf,

    #[command(flatten)]
    pub registry: oci::Access,

    /// How to show it.
    #[arg(long, value_name = "FORMAT", default_value = "report")]
    pub format: Format,

    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,

    /// Check its claims with this public key, in PEM; may be given several times.
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Format {
    /// All of it, for people; with colours where the output shows them.
    Report,
    /// For scripts: `size`, `import`, `export` and `topic`, one a line.
    Lines,
    /// All of it, as one JSON object.
    Json,
}

#[derive(Debug, Args)]
pub struct Componentize {
    /// The core module, or the folder of a Go program: its module, or a package in it.
    #[arg(value_name = "MODULE|FOLDER")]
    pub input: PathBuf,

    /// Where to write the component. For a folder, `<name>.wasm` in the current folder by default, named after its module
    /// or package.
    #[arg(short, long)]
    pub output: Option<PathBuf>,

    /// A folder or file of WIT with the world. Without it, the world that the compiler left in the module, or those that
    /// bindgen-go wrote.
    #[arg(long, value_name = "PATH")]
    pub wit: Option<PathBuf>,

    /// The world's name, if the WIT has several.
    #[arg(long, requires = "wit")]
    pub world: Option<String>,
}

pub fn link(text: &str) -> Result<LinkSpec, String> {
    text.parse().map_err(|why: wasi_cloud_core::Error| why.message)
}

/// The text of a rule that parses.
pub fn grant(text: &str) -> Result<String, String> {
    text.parse::<Rule>().map(|_| text.to_owned()).map_err(|why| why.message)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("write `key=value`")?;
    if key.is_empty() { Err("the key is empty".into()) } else { Ok((key.into(), value.into())) }
}

/// `127.0.0.1:8080`.
pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

pub fn folder(text: &str) -> Result<Folder, String> {
    let (host, guest) = text.split_once("::").unwrap_or((text, text));
    if host.is_empty() || guest.is_empty() {
        return Err("write a folder of this machine, and after `::` what the component calls it".to_owned());
    }
    Ok(Folder { host: host.into(), guest: guest.to_owned(), writable: true })
}

pub fn read_only(text: &str) -> Result<Folder, String> {
    Ok(Folder { writable: false, ..folder(text)? })
}

/// `500ms`, `30s` or `5m`, and not 0.
pub fn duration(text: &str) -> Result<Duration, String> {
    let time =
        humantime::parse_duration(text).map_err(|why| format!("{why}; write a time such as 500ms, 30s or 5m"))?;
    if time.is_zero() { Err("it must be longer than nothing".into()) } else { Ok(time) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{Command, CommandFactory};

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn examples_are_indented_also_where_texts_are_joined() {
        let help = Cli::command().render_long_help().to_string();
        assert!(help.contains("\n\n  Build a Go program"), "{help}");
    }

    #[test]
    fn a_folder_has_two_names_or_one() {
        let of = |text| folder(text).map(|folder| (folder.host, folder.guest));
        assert_eq!(of("data::/in"), Ok(("data".into(), "/in".into())));
        assert_eq!(of("/data"), Ok(("/data".into(), "/data".into())));
        assert!(read_only("/data").is_ok_and(|folder| !folder.writable));
        for bad in ["", "::", "data::", "::/in"] {
            assert!(folder(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_have_units() {
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        for bad in ["", "30", "s", "0s", "-1s", "99999999999999999999s"] {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

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
