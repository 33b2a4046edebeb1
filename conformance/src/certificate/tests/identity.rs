//! What a vendor could try with what its declaration decides: which host it is, and what can be put to it.

use super::{
    MEMORY, consistent, counted, good,
    made::{launched, made_of, of_hosts, program},
    world,
};
use crate::{
    certificate::{
        DEPLOYED, sha256,
        statement::{Resource, Statement},
    },
    event::HostInfo,
    host::Control,
    levels::Level,
};

const ARGV: &str =
    "argv = ['mine', '{component}']\ndialects = ['wasi:config@0.2.0-draft']\nlabels = { default = 'd', other = 'o' }";
const URL: &str = "url = 'http://127.0.0.1/{lang}/{driver}'\ntoken = { env = 'T' }";

#[test]
fn a_host_is_certified_however_it_is_started() {
    for text in [launched(ARGV), launched(URL), program()] {
        assert_eq!(counted(&made_of(&text)), Ok(()), "{text}");
    }
    assert_eq!(made_of(&program()).predicate.certificate.levels.overall, Level::Full);
}

/// With hosts that say something else, and all that follows from it.
fn of(text: &str, change: impl FnMut(&mut HostInfo)) -> Statement {
    let (cases, law) = world();
    let mut hosts = made_of(text).predicate.certificate.hosts;
    hosts.iter_mut().for_each(change);
    of_hosts(text, hosts, (&cases, &law))
}

fn refused(name: &str, forged: &Statement, reason: &str) {
    let why = counted(forged).expect_err(name);
    assert!(why.contains(reason), "{name}: {why}");
}

#[test]
fn nobody_writes_a_declaration_of_our_hosts() {
    let none = "is none of those that this suite has";
    let less = "name = 'redis-x'\n[capabilities.config]\nfeatures = ['exact-config']\ndurability = 'durable'\n";
    refused("ours, with nothing but config", &of(less, |host| host.name = "redis".into()), none);
    let feature = MEMORY.replacen("\"ttl\",", "", 1);
    assert_ne!(feature, MEMORY);
    refused("ours, with a feature less", &made_of(&feature), none);
    refused("a host that nobody starts", &made_of(&MEMORY.replacen("\"memory\"", "\"mine\"", 1)), none);
    // Wherever it was checked out.
    assert_eq!(counted(&made_of(&MEMORY.replace('\n', "\r\n"))), Ok(()));
}

#[test]
fn our_host_is_what_this_suite_makes_of_it() {
    let ours = |change: fn(&mut HostInfo)| of(MEMORY, change);
    refused("another version", &ours(|host| host.version = "9.9.9".into()), "is said to be of \"9.9.9\"");
    let faults = ours(|host| assert!(host.controls.remove(&Control::Fault)));
    refused("no faults to inject", &faults, "the controls over it are not");
    let renamed = ours(|host| drop(host.labels.insert("default".into(), "d".into())));
    refused("stores of another name", &renamed, "it calls its stores");
    let foreign = ours(|host| assert!(host.controls.insert(Control::Foreign)));
    assert_eq!(counted(&foreign), Ok(()), "some backends let others write past the host");
}

#[test]
fn what_starts_a_host_decides_what_can_be_put_to_it() {
    let argv = launched(ARGV);
    for text in [&argv, &launched(URL)] {
        let controlled = of(text, |host| assert!(host.controls.insert(Control::Grant)));
        refused("a control that nobody has", &controlled, "without an adapter nobody has the controls {Grant}");
    }
    refused("its stores have their own names", &of(&argv, |host| host.labels.clear()), "it calls its stores {}");
    let renamed = of(&program(), |host| drop(host.labels.insert("ungranted".into(), "locked".into())));
    refused("a label that is to be denied", &renamed, "and they are {}");
    refused("no word of the bridge", &of(&argv, |host| host.notes.clear()), "its notes are []");
    refused("praise", &of(&argv, |host| host.notes.push("the best".into())), "\"the best\"");
    let told = of(&program(), |host| host.notes.insert(0, "through an adapter for mine".into()));
    assert_eq!(counted(&told), Ok(()), "an adapter has notes of its own");
}

#[test]
fn a_declaration_stands_for_what_is_deployed_and_for_nothing_else() {
    let version = env!("CARGO_PKG_VERSION");
    let declared = |text: &str| sha256(text.as_bytes());
    let with = |text: &str, subject: Vec<Resource>| Statement { subject, ..made_of(text) };
    let (url, argv) = (launched(URL), launched(ARGV));
    let deployed = format!("mine {version}{DEPLOYED}");
    for text in [&argv, &program()] {
        let nobody = with(text, vec![Resource::new(&deployed, declared(text))]);
        refused("a program that is said to be deployed", &nobody, "that ran");
        let file = with(text, vec![Resource::new(format!("mine {version}"), declared(text))]);
        refused("its file for a program", &file, "its subject is the declaration of what is deployed");
    }
    let program = || Resource::new(format!("mine {version}"), sha256(b"a program"));
    refused("a program of what is deployed", &with(&url, vec![program()]), "that ran");
    let other = Resource::new(&deployed, sha256(b"a program"));
    refused("another digest", &with(&url, vec![other]), "its subject is the declaration");
    let both = with(&url, vec![Resource::new(&deployed, declared(&url)), program()]);
    refused("a program beside it", &both, "its subject is the declaration");
    let mut ours = good();
    ours.subject[0].name.push_str(DEPLOYED);
    let (cases, law) = world();
    consistent(&mut ours, (&cases, &law));
    refused("ours, deployed", &ours, "that ran");
}
