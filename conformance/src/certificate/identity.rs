//! Whether a certificate's host is the one that its declaration is of. What the declaration decides is believed of nobody else.

use super::{
    DEPLOYED, sha256,
    statement::{Certificate, Statement},
};
use crate::{
    host::{Altitude, HostDescription, command::Launch},
    plan::Declaration,
    subject,
};
use anyhow::{Context, anyhow, bail, ensure};
use std::collections::{BTreeMap, BTreeSet};

/// The program is named first, and first what ran; tools for statements of any kind show that name. Of a host that is deployed
/// no program is here: there, and only there, the declaration stands for it.
pub(super) fn is_its_subject(statement: &Statement, declaration: &Declaration) -> anyhow::Result<()> {
    let (Some(subject), Some(host)) = (statement.subject.first(), statement.predicate.certificate.hosts.first()) else {
        bail!("it says of no program that it was tested");
    };
    let is_deployed = declaration.launch.as_ref().is_some_and(|launch| launch.url.is_some());
    let ran = format!("{} {}{}", host.name, host.version, if is_deployed { DEPLOYED } else { "" });
    ensure!(subject.name == ran, "it is about {:?}, and was {ran:?} that ran", subject.name);
    let is_declaration = subject.digest.get("sha256") == Some(&sha256(declaration.text().as_bytes()));
    ensure!(
        is_declaration == is_deployed && (!is_deployed || statement.subject.len() == 1),
        "its subject is the declaration of what is deployed, and of no other host"
    );
    Ok(())
}

/// What was tested, at all altitudes and in all languages, as far as it is as declared.
pub(super) fn hosts(certificate: &Certificate, declaration: &Declaration) -> anyhow::Result<Vec<HostDescription>> {
    let hosts = certificate.hosts.iter().map(|host| HostDescription::try_from(host.clone()));
    let hosts = hosts.collect::<Result<Vec<_>, _>>().map_err(|why| anyhow!("its host: {why}"))?;
    let altitudes: Vec<Altitude> = hosts.iter().map(|host| host.altitude).collect();
    let owed = subject::altitudes(declaration.is_of_a_program())?;
    ensure!(altitudes == owed, "it was not tested at all altitudes and in all languages: {owed:?}");
    let one: BTreeSet<_> = hosts.iter().map(|host| (&host.name, &host.version)).collect();
    ensure!(one.len() == 1, "it is about more than one host, or version: {one:?}");
    for host in &hosts {
        match &declaration.launch {
            Some(launch) => is_launched(host, declaration, launch),
            None => is_ours(host, declaration, &certificate.suite),
        }
        .context("its host is not as declared")?;
    }
    Ok(hosts)
}

/// Whether a host can be what this file starts.
fn is_launched(host: &HostDescription, declaration: &Declaration, launch: &Launch) -> anyhow::Result<()> {
    ensure!(host.name == declaration.name, "it is called {:?}, and is {:?}", host.name, declaration.name);
    ensure!(host.capabilities == declaration.capabilities, "it offers something else");
    cannot_be_put(host, &launch.lacks())?;
    ensure!(host.labels == launch.labels, "it calls its stores {:?}, and they are {:?}", host.labels, launch.labels);
    let is_adapted = !launch.adapter.is_empty();
    ensure!(is_adapted || host.controls.is_empty(), "without an adapter nobody has the controls {:?}", host.controls);
    let Altitude::Command(language) = host.altitude else { bail!("it was not tested as a program") };
    let notes = launch.notes(language);
    // An adapter has notes of its own, which come first.
    let is_noted = if is_adapted { host.notes.ends_with(&notes) } else { host.notes == notes };
    ensure!(is_noted, "its notes are {:?}, where {notes:?} belong", host.notes);
    Ok(())
}

/// Whether a host can be ours: nobody else says what it offers.
fn is_ours(host: &HostDescription, declaration: &Declaration, suite: &str) -> anyhow::Result<()> {
    ensure!(
        subject::declares(declaration.text()),
        "its declaration has no `[launch]`, and is none of those that this suite has of its own hosts"
    );
    // A backend of ours has a declaration for each way to use it, such as `redis-pubsub`.
    let way = declaration.name.strip_prefix(&*host.name);
    let is_called = way.is_some_and(|way| way.is_empty() || way.starts_with('-'));
    ensure!(is_called, "it is called {:?}, and is {:?}", host.name, declaration.name);
    ensure!(host.version == suite, "it is a part of the suite {suite:?}, and is said to be of {:?}", host.version);
    cannot_be_put(host, &[].into())?;
    ensure!(host.labels.is_empty(), "it calls its stores {:?}", host.labels);
    let controls = [false, true].map(subject::controls);
    ensure!(controls.contains(&host.controls), "the controls over it are not {:?}", host.controls);
    Ok(())
}

fn cannot_be_put(host: &HostDescription, lacks: &BTreeMap<String, String>) -> anyhow::Result<()> {
    ensure!(host.lacks == *lacks, "what cannot be put to it is said to be {:?}, and is {lacks:?}", host.lacks);
    Ok(())
}
