//! What ends up in a component.

use crate::{
    host, scratch, sdk, sh,
    toolchain::{Shape, Toolchain},
};
use Shape::{Command, Service};
use std::{collections::BTreeSet, fs, path::PathBuf};
use wasi_cloud_componentize::Componentize;
use wasi_cloud_wasmtime::runtime::recorded_topics;

const STORE: &str = "wasi:keyvalue/store@0.2.0-draft2";
const ATOMICS: &str = "wasi:keyvalue/atomics@0.2.0-draft2";
const TYPES: &str = "wasi:messaging/types@0.2.0-draft";
const PRODUCER: &str = "wasi:messaging/producer@0.2.0-draft";

/// The largest pingpong, in bytes.
const SMALL: usize = 30_000;

/// A program, and what it must be.
struct Guest {
    files: &'static [&'static str],
    /// A command exports `wasi:cli/run`, a service `wasi:messaging/incoming-handler`.
    shape: Shape,
    /// Interfaces of capability packages.
    imports: &'static [&'static str],
    topics: &'static [&'static str],
}

const GUESTS: [Guest; 11] = [
    Guest {
        files: &["examples/pingpong.c"],
        shape: Service,
        imports: &[ATOMICS, STORE, PRODUCER, TYPES],
        topics: &["ping"],
    },
    Guest { files: &["examples/counter.c"], shape: Command, imports: &[ATOMICS, STORE], topics: &[] },
    Guest {
        files: &["examples/batch.c"],
        shape: Command,
        imports: &["wasi:keyvalue/batch@0.2.0-draft2", STORE],
        topics: &[],
    },
    Guest { files: &["examples/orders.c"], shape: Service, imports: &[PRODUCER, TYPES], topics: &["orders"] },
    Guest { files: &["tests/guests/nothing.c"], shape: Command, imports: &[], topics: &[] },
    Guest { files: &["tests/guests/get.c"], shape: Command, imports: &[STORE], topics: &[] },
    Guest {
        files: &["tests/guests/configured.c"],
        shape: Command,
        imports: &["wasi:config/store@0.2.0-rc.1"],
        topics: &[],
    },
    Guest { files: &["tests/guests/send.c"], shape: Command, imports: &[PRODUCER, TYPES], topics: &[] },
    Guest {
        files: &["tests/guests/extension.c"],
        shape: Command,
        imports: &["wasi-cloud:keyvalue/extension@0.1.0", STORE],
        topics: &[],
    },
    Guest {
        files: &["tests/guests/topics.c", "tests/guests/more_topics.c"],
        shape: Service,
        imports: &[PRODUCER, TYPES],
        topics: &["a", "both", "orders.new", "päivä"],
    },
    Guest { files: &["tests/guests/catch_all.c"], shape: Service, imports: &[PRODUCER, TYPES], topics: &[] },
];

pub fn have_what_they_use_and_nothing_else(toolchain: &Toolchain) {
    for guest in &GUESTS {
        let sources: Vec<PathBuf> = guest.files.iter().map(|file| sdk(file)).collect();
        let name = format!("components-{}", sources[0].file_stem().expect("a name").to_string_lossy());
        let component = toolchain.component(&name, &sources, guest.shape);
        check(guest, &component);
        if guest.files[0].contains("pingpong") {
            assert!(component.len() <= SMALL, "pingpong of {} has {} bytes", toolchain.word, component.len());
        }
    }
}

/// The user's flags change the code and nothing else. What zig adds to `-O0` calls the system: stack protector and sanitizer.
pub fn are_the_same_with_other_flags(toolchain: &Toolchain) {
    let [pingpong, ..] = &GUESTS;
    for (name, flags) in [("debug", "-O0 -g -fno-stack-protector -fno-sanitize=undefined"), ("lto", "-O2 -flto")] {
        let module = toolchain.module(name, &[sdk(pingpong.files[0])], Service, flags);
        let component = Componentize::new().run(&module).unwrap_or_else(|e| panic!("{name}: {e}"));
        check(pingpong, &component);
    }
}

/// Nothing names a handler, so a linker leaves it in a static library, as the header says.
pub fn lack_handlers_of_static_libraries(toolchain: &Toolchain) {
    let (Toolchain { cc, ar, .. }, folder) = (toolchain, scratch(toolchain.word));
    let (source, library) = (sdk("tests/guests/more_topics.c"), folder.join("libmore_topics.a"));
    let _ = fs::remove_file(&library);
    let compile = format!("{cc} {} -c '{}' -o more_topics.o", toolchain.flags(), source.display());
    sh(&format!("{compile}; {ar} rcs '{}' more_topics.o", library.display()), &folder);
    let component = toolchain.component("library", &[sdk("tests/guests/topics.c"), library], Service);
    assert_eq!(recorded_topics(&component), ["both", "orders.new", "päivä"]);
}

fn check(guest: &Guest, component: &[u8]) {
    let name = guest.files[0];
    let app = host::compile(component);
    let (language, capabilities): (Vec<_>, Vec<_>) = app.imports().into_iter().partition(|import| {
        ["wasi:cli/", "wasi:clocks/", "wasi:filesystem/", "wasi:io/"].iter().any(|package| import.starts_with(package))
    });
    let capabilities: BTreeSet<&str> = capabilities.iter().map(String::as_str).collect();
    assert_eq!(capabilities, guest.imports.iter().copied().collect(), "imports of {name}");
    let export = match guest.shape {
        Command => "wasi:cli/run@0.2.",
        Service => "wasi:messaging/incoming-handler@0.2.0-draft",
    };
    let exports = app.exports();
    assert!(exports.len() == 1 && exports[0].starts_with(export), "exports of {name}: {exports:?}");
    assert_eq!(recorded_topics(component), guest.topics, "topics of {name}");
    if matches!(guest.shape, Service) {
        assert_eq!(language, [""; 0], "{name} needs nothing of the system");
    }
}
