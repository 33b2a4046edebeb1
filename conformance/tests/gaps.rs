//! The README's table of what each host offers is what the hosts declare, and a run holds them to that. The pages of the catalogue are
//! what the program lists.

#![allow(clippy::expect_used, reason = "a test")]

mod program;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};
use toml::{Table, Value};

const BEGIN: &str = "<!-- what each host offers: BLESS=1 cargo test --test gaps -->\n";
const END: &str = "<!-- until here -->";

/// By capability and feature: what is to be said of each host that has it.
type Rows<'a> = BTreeMap<(String, String), BTreeMap<&'a str, String>>;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn declarations() -> BTreeMap<String, Table> {
    let files = fs::read_dir(root().join("conformance/hosts")).expect("the declarations");
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read_to_string(&path).expect("it can be read").parse().expect("TOML"))
    };
    // Folders are what some hosts are made of.
    let paths = files.map(|file| file.expect("a file").path());
    paths.filter(|path| path.extension().is_some_and(|end| end == "toml")).map(read).collect()
}

fn capabilities(host: &Table) -> impl Iterator<Item = (&String, &Table)> {
    let all = host["capabilities"].as_table().expect("capabilities");
    // Every host has the same: it serves the configuration itself.
    all.iter().filter(|(word, _)| *word != "config").map(|(word, of)| (word, of.as_table().expect("a capability")))
}

fn table(hosts: &BTreeMap<String, Table>) -> String {
    let mut rows = Rows::new();
    for (name, host) in hosts {
        for (word, of) in capabilities(host) {
            let mut say = |what: &str, text: &str| {
                rows.entry((word.clone(), what.to_owned())).or_default().insert(name, text.to_owned());
            };
            // Before its features.
            say("", "yes");
            for feature in of["features"].as_array().expect("features") {
                say(feature.as_str().expect("a word"), "yes");
            }
            for (limit, most) in of.get("limits").and_then(Value::as_table).into_iter().flatten() {
                say(&format!("{limit}, in bytes"), &most.as_integer().expect("bytes").to_string());
            }
            say("durability", of["durability"].as_str().expect("a word"));
        }
    }
    let names: Vec<_> = hosts.keys().map(String::as_str).collect();
    let line = |what: &str, cells: Vec<&str>| format!("| {what} | {} |\n", cells.join(" | "));
    let mut text = line("", names.clone()) + &line("---", vec!["---"; names.len()]);
    for ((word, what), row) in &rows {
        let able = &rows[&(word.clone(), String::new())];
        // What is the same wherever the capability is tells no host from another.
        if what.is_empty() || row.len() < able.len() || row.values().collect::<BTreeSet<_>>().len() > 1 {
            let lacks = |name: &str| if able.contains_key(name) { "-" } else { "" };
            let cells = names.iter().map(|name| row.get(name).map_or(lacks(name), String::as_str));
            text += &line(if what.is_empty() { word } else { what }, cells.collect());
        }
    }
    text
}

#[test]
fn the_readme_says_what_each_host_offers() {
    let path = root().join("README.md");
    let readme = fs::read_to_string(&path).expect("the README");
    let (before, rest) = readme.split_once(BEGIN).expect("where it begins");
    let (found, after) = rest.split_once(END).expect("where it ends");
    let expected = table(&declarations());
    if std::env::var_os("BLESS").is_some() {
        fs::write(path, [before, BEGIN, &expected, END, after].concat()).expect("it can be written");
    } else {
        assert_eq!(found, expected, "the README is stale: BLESS=1 cargo test --test gaps");
    }
}

#[test]
fn the_pages_of_the_catalogue_have_every_case() {
    let folder = root().join("docs/catalogue");
    for word in wasi_cloud_core::CAPABILITIES {
        let page = program::out(&program::cli(&["list", &format!("{word}/**"), "--markdown"]));
        let path = folder.join(format!("{word}.md"));
        if std::env::var_os("BLESS").is_some() {
            fs::create_dir_all(&folder).and_then(|()| fs::write(path, page)).expect("it can be written");
        } else {
            let found = fs::read_to_string(path).expect("a page for each capability: BLESS=1 cargo test --test gaps");
            assert!(found == page, "docs/catalogue/{word}.md is stale: BLESS=1 cargo test --test gaps");
        }
    }
}

#[test]
fn a_row_is_what_tells_hosts_apart() {
    let host = |features: &str| {
        let text = format!("[capabilities.keyvalue]\nfeatures = [{features}]\ndurability = \"durable\"");
        text.parse::<Table>().expect("TOML")
    };
    let hosts = BTreeMap::from([("a".into(), host("\"ttl\", \"paging\"")), ("b".into(), host("\"paging\""))]);
    assert_eq!(table(&hosts), "|  | a | b |\n| --- | --- | --- |\n| keyvalue | yes | yes |\n| ttl | yes | - |\n");
}
