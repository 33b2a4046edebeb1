//! The arguments of `serve`.

use clap::Args;
use std::path::PathBuf;

pub const EXAMPLES: &str = "\
Examples:
  Serve what ./wasi-cloud.toml describes, until Ctrl-C:
    wasi-cloud serve

  Only say what is wrong with a manifest, as CI would; no backend is asked:
    wasi-cloud serve --check deploy/wasi-cloud.toml

  Move a component to another backend while it runs:
    wasi-cloud link set pingpong keyvalue:default=sqlite:counts.db

  Put a changed manifest into force; it is also looked at every half second:
    kill -HUP <pid>

A manifest:
    [components.pingpong]
    file = \"pingpong.wasm\"
    links = [
      \"keyvalue:default=redis://localhost/0?secret=redis\",
      \"messaging:default=redis://localhost/0?secret=redis\",
    ]
    grants = [\"keyvalue:default\", \"messaging:default\"]
    subscriptions = [
      { topics = [\"ping\"], group = \"players\", max-deliveries = 5, dead-letter = \"dead\" },
    ]
    limits = { memory = 64, deadline = \"2s\", timeout = \"5s\", concurrency = 4 }
    layers = { retry = { times = 3, pause = \"50ms\" }, limit = 100 }

    [components.site]
    file = \"site.wasm\"
    http = \"127.0.0.1:8080\"
    dirs-ro = [\"public::/public\"]
    grants = [\"config:default\"]
    config = { greeting = \"hello\" }
    env = { LANG = \"C\" }

    [admin]
    listen = \"127.0.0.1:9090\"

    [secrets]
    redis = { env = \"REDIS_PASSWORD\" }

    [trust]
    keys = [\"team.pub.pem\"]
    require = true

`file` may also be in a registry, oci://registry.example/team/app@sha256:..., which is asked at
each start and change. The words are those of `run`; `limits` has also `handles`, how many an
instance may have open (10000), `request-timeout`, `reuse`, how many messages an instance handles
before a fresh one takes its place (1: nothing of one message is left when the next one comes),
and `message-size`, the bytes that a message which it sends or handles may have: a larger one is
not sent, and one that comes is a dead letter, or dropped. Relative paths begin at the manifest's
folder. A component may do what is granted to it and nothing else. Where a key is trusted, claims
that it signed (`wasi-cloud sign`) narrow the grants of their component, and wrong ones are
refused; with `require` unsigned components are, too. Without `subscriptions` it handles the
topics that it records, from the messaging link `default`. A message whose handler failed comes
again, up to `max-deliveries` times in all (3); then it is moved to the topic `dead-letter` of
the same link, which needs a `group` and a broker with redelivery, or is dropped if there is
none. A dead letter keeps payload, content type and metadata, has `dead-letter-source`,
`dead-letter-group` and `dead-letter-delivery-count` more, and may come twice. With `watches =
[\"label\"]` a component is told of what changes behind these labels of key-value, or else behind
`default`. A secret comes from `env`, from a `file`, or from Vault, such as { vault =
\"secret/app/db#password\" } with `url = \"vault://localhost:8200?secret=NAME\"` in [vault], and
is read when a link that names it connects first. At `listen` of [admin] are /healthz, /readyz
(503 while it starts and stops) and /metrics in the OpenMetrics format, for everybody who can
reach the address.

Exit codes:
    0  a signal ended it, and all handlers were done; with --check, the manifest is right
    2  wrong usage, or a manifest that is not right
  125  wasi-cloud failed: no such file, a backend that does not answer, an address that is taken
  143  a second signal ended it before its handlers were done";

#[derive(Debug, Args)]
pub struct Serve {
    /// The manifest, or the folder of a `wasi-cloud.toml`.
    #[arg(value_name = "PATH", default_value = ".")]
    pub manifest: PathBuf,

    /// Where to listen for `wasi-cloud link`: a socket for this user alone. By default `.wasi-cloud/control.sock` in the
    /// manifest's folder, if it can be made there.
    #[arg(long, value_name = "PATH")]
    pub control: Option<PathBuf>,

    #[command(flatten)]
    pub registry: super::oci::Access,

    /// Say whether the manifest is right, its components included, and serve nothing. Links are not connected to, secrets
    /// not read.
    #[arg(long)]
    pub check: bool,
}
