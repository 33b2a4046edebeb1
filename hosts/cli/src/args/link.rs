//! The arguments of `link`.

use crate::quiet::Quiet;
use clap::{Args, Subcommand};
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  Keep the data of `pingpong` somewhere else from its next call on:
    wasi-cloud link set pingpong 'keyvalue:default=redis://localhost/0?secret=redis#sessions'

  Take its messages from another broker; those in flight are settled where they came from:
    wasi-cloud link set pingpong messaging:default=redis://other.example/0

  Which links are in force?
    wasi-cloud link list --json

A link that is set holds until it is set again, until the manifest gives it another URL, or until
the component or the host starts anew. Arguments are seen by all users of a machine: name a
password as `?secret=NAME`.

Exit codes:
    0  it is done; of a messaging link, all that was in flight is settled too
    2  wrong usage
  125  it is not done, and the old link is in force: no such component, no grant, a backend that
       does not answer, no host";

const SET: &str = "\
Examples:
  Another store, whose password is the secret `redis` of the manifest:
    wasi-cloud link set pingpong 'keyvalue:default=redis://localhost/0?secret=redis#sessions'

  A component of a manifest that is elsewhere:
    wasi-cloud link set pingpong messaging:default=redis://other.example/0 \\
      --control deploy/.wasi-cloud/control.sock";

const LIST: &str = "\
Examples:
  Which links are in force?
    wasi-cloud link list

  Those that are not as the manifest has them:
    wasi-cloud link list --json | jq '.[] | select(.manifest | not)'";

#[derive(Debug, Args)]
pub struct Link {
    #[command(subcommand)]
    pub what: What,

    /// The host's control socket. By default that of the manifest in the current folder.
    #[arg(long, value_name = "PATH", global = true)]
    pub control: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum What {
    /// Link a label to another backend, while the component runs.
    #[command(after_help = SET)]
    Set {
        /// The component's name in the manifest.
        app: String,
        /// As for `run --link`.
        #[arg(value_name = "CAPABILITY:LABEL[=URL]", value_parser = Quiet(|text| super::link(text).map(|_| text.to_owned())))]
        link: String,
    },
    /// List the links that are in force, without what may be secret in their URLs.
    #[command(after_help = LIST)]
    List {
        /// As JSON: [{app, link, url, bucket, manifest}], `manifest` being whether it is as the manifest has it.
        #[arg(long)]
        json: bool,
    },
}
