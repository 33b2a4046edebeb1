use super::{Answer, Ask, LINE, Linked};
use crate::args::link::{Link, What};
use anyhow::{Context, bail};
use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

/// The longest that a host takes: to connect to a new backend, and to let what is in flight finish.
const PATIENCE: Duration = Duration::from_secs(600);

/// `wasi-cloud link`: asks a host that is serving.
pub fn link(what: Link) -> anyhow::Result<()> {
    let control = what.control.unwrap_or_else(super::usual);
    let mut out = std::io::stdout();
    match what.what {
        What::Set { app, link } => match ask(&control, &Ask::LinkSet { app, link })? {
            Answer::Done(what) => writeln!(out, "{what}")?,
            other => unexpected(other)?,
        },
        What::List { json } => match ask(&control, &Ask::LinkList)? {
            Answer::Links(links) if json => writeln!(out, "{}", serde_json::to_string(&links)?)?,
            Answer::Links(links) => write!(out, "{}", table(&links))?,
            other => unexpected(other)?,
        },
    }
    Ok(())
}

fn unexpected(answer: Answer) -> anyhow::Result<()> {
    match answer {
        Answer::Failed(why) => bail!(why),
        _ => bail!("the host answers something else: it is of another version"),
    }
}

fn ask(control: &Path, ask: &Ask) -> anyhow::Result<Answer> {
    let nobody = || {
        let shown = control.display();
        format!(
            "no `wasi-cloud serve` listens at `{shown}`; go to its manifest's folder, or name its socket with --control"
        )
    };
    let mut host = UnixStream::connect(control).with_context(nobody)?;
    host.set_write_timeout(Some(PATIENCE)).and_then(|()| host.set_read_timeout(Some(PATIENCE)))?;
    let mut line = serde_json::to_vec(ask)?;
    line.push(b'\n');
    if line.len() as u64 > LINE {
        bail!("this is longer than a host reads: {LINE} bytes");
    }
    host.write_all(&line).context("the host does not listen")?;
    let mut line = String::new();
    // An answer lists every link, so it may be longer than a question.
    BufReader::new(host.take(64 * LINE)).read_line(&mut line).context("the host does not answer")?;
    serde_json::from_str(&line).context("the host does not answer")
}

fn table(links: &[Linked]) -> String {
    let width = |of: fn(&Linked) -> &str| links.iter().map(|link| of(link).chars().count()).max().unwrap_or_default();
    let (apps, names) = (width(|link| &link.app), width(|link| &link.link));
    let row = |link: &Linked| {
        let url = link.url.as_deref().unwrap_or(".wasi-cloud");
        let set = if link.manifest { "" } else { "  (not as in the manifest)" };
        format!("{:apps$}  {:names$}  {url}#{}{set}\n", link.app, link.link, link.bucket)
    };
    links.iter().map(row).collect()
}
