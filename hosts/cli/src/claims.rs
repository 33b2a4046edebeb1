//! `keygen`, `sign` and `verify`, and what the claims of a component let it have when it runs.

mod shown;
mod trust;

pub use shown::Shown;
pub use trust::{Trust, TrustArgs};

use crate::{args, file, inspect::needs};
use anyhow::{Context, bail};
use clap::Args;
use std::{
    io::Write,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, SystemTime},
};
use wasi_cloud_claims::{Claims, files};
use wasi_cloud_core::Grants;

pub const KEYGEN: &str = "\
Examples:
  Make team.pem, to sign with, and team.pub.pem, for those who run what you sign:
    wasi-cloud keygen team.pem

The files are PKCS#8 and SubjectPublicKeyInfo in PEM, as others make them too:
    openssl genpkey -algorithm ed25519 -out team.pem
    openssl pkey -in team.pem -pubout -out team.pub.pem";

pub const SIGN: &str = "\
Examples:
  For a start, with a key made on the way:
    wasi-cloud sign app.wasm --key team.pem --keygen --grant keyvalue:default

  Say that a component may use one store and publish on one label, for 90 days; this makes
  app.signed.wasm:
    wasi-cloud sign app.wasm --key team.pem \\
      --grant keyvalue:default --grant messaging:default:write

  Run it by the claims, which are its grants:
    wasi-cloud run app.signed.wasm --trust team.pub.pem --require-signed --link keyvalue:default

What it is granted by its claims is the most that it can have. An operator who gives grants as
well narrows it to what both allow. The claims are a JWT (EdDSA) in the last section of the file;
its claim `sha256` is the digest of all bytes before.";

pub const VERIFY: &str = "\
Examples:
  Who signed it, and for what?
    wasi-cloud verify app.signed.wasm --trust team.pub.pem

  Its token, for another tool:
    wasi-cloud verify app.signed.wasm --trust team.pub.pem --json | jq -r .token

What the JSON holds; fields may be added:
  verified    whether a trusted key signed it as it is, and the claims hold now
  problem     why not, or null
  issuer      the id of the key: its JWK thumbprint (RFC 7638)
  subject     what the component is called
  allow       the most that it may be granted
  issued, not_before, expires    in RFC 3339; not_before may be null
  token       the JWT
Without claims that can be read, the last seven are missing. Where `verified` is false, anyone
can have written them.

Exit codes:
    0  verified
    1  refused
    2  wrong usage
  125  no such file, or not a public key";

#[derive(Debug, Args)]
pub struct Keygen {
    /// Where to write the private key. The public key is written beside it: `team.pub.pem` for `team.pem`.
    #[arg(value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// The component, or the core module. Claims that it has are replaced.
    pub app: PathBuf,

    /// The private key, in PEM.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,

    /// Where there is no such key yet, make it first, and its public key, as `keygen` does.
    #[arg(long)]
    pub keygen: bool,

    /// What it may have at most: `keyvalue:default`, narrowed with `:read` or `:write`; labels may hold `*`.
    #[arg(long = "grant", value_name = "CAPABILITY:LABEL[:ACCESS]", value_parser = args::grant)]
    pub grants: Vec<String>,

    /// For how long: from --not-before on, or from now.
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = args::duration)]
    pub expires: Duration,

    /// Refuse it before this time: 2026-01-31T00:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub not_before: Option<SystemTime>,

    /// What it is called. The name of the file without its extension if nothing is said.
    #[arg(long, value_name = "NAME")]
    pub subject: Option<String>,

    /// Where to write it. For `app.wasm`, `app.signed.wasm` beside it by default.
    #[arg(short, long)]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The component, or the core module.
    pub app: PathBuf,

    /// A public key in PEM; may be given several times.
    #[arg(long = "trust", value_name = "FILE", required = true)]
    pub keys: Vec<PathBuf>,

    /// Show it as one JSON object.
    #[arg(long)]
    pub json: bool,
}

/// Makes a pair of keys.
pub fn keygen(job: &Keygen) -> anyhow::Result<()> {
    let (private, public) = (&job.output, files::public_beside(&job.output));
    let key = files::generate(private)?;
    let (id, private, public) = (key.public().id(), private.display(), public.display());
    tracing::info!("`{private}` signs, keep it secret; give `{public}` to those who run what it signs; its id is {id}");
    Ok(())
}

/// Signs a component.
pub fn sign(job: &Sign) -> anyhow::Result<()> {
    let shown = job.app.display();
    let wasm = crate::read(&job.app)?;
    if job.keygen && !job.key.exists() {
        keygen(&Keygen { output: job.key.clone() })?;
    }
    let key = files::private(&job.key).context("--key")?;
    let allow = Grants::parse(&job.grants)?;
    let body = wasi_cloud_claims::strip(&wasm).with_context(|| format!("`{shown}`"))?;
    let lacking = needs::unmet(body, &allow)?;
    if !lacking.is_empty() {
        bail!("`{shown}` needs more than that: add {}", needs::options(&lacking));
    }
    let now = SystemTime::now();
    let expires = job.not_before.unwrap_or(now).checked_add(job.expires).context("--expires is too long")?;
    let subject = job.subject.clone().unwrap_or_else(|| stem(&job.app));
    let claims = Claims { subject, issued: now, not_before: job.not_before, expires, allow };
    let signed = wasi_cloud_claims::sign(body, &claims, &key).with_context(|| format!("`{shown}`"))?;
    let output = job.output.clone().unwrap_or_else(|| job.app.with_extension("signed.wasm"));
    file::write(&output, &signed)?;
    let until = humantime::format_rfc3339_seconds(expires);
    tracing::info!("`{}` is signed by the key {}, until {until}", output.display(), key.public().id());
    Ok(())
}

/// Tells whether the claims hold. 1 if not.
pub fn verify(job: &Verify) -> anyhow::Result<ExitCode> {
    let trust = Trust::read(&job.keys, true)?;
    let wasm = crate::read(&job.app)?;
    let found = Shown::of(&wasm, &trust, SystemTime::now()).unwrap_or_else(Shown::unsigned);
    let mut out = std::io::stdout().lock();
    if job.json {
        writeln!(out, "{}", found.json()?)?;
    } else if found.verified() {
        writeln!(out, "`{}` is verified", job.app.display())?;
        found.lines().into_iter().try_for_each(|(word, text)| writeln!(out, "  {word:8} {text}"))?;
    }
    match found.problem() {
        None => Ok(ExitCode::SUCCESS),
        Some(why) => {
            eprintln!("error: `{}`: {why}", job.app.display());
            Ok(ExitCode::FAILURE)
        }
    }
}

/// `app` for `dir/app.wasm`.
fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn time(text: &str) -> Result<SystemTime, String> {
    humantime::parse_rfc3339(text).map_err(|why| format!("{why}; write a time such as 2026-01-31T00:00:00Z"))
}
