//! Programs that run: what commands print, and which handler gets a message.

use crate::{
    host::{Cloud, compile},
    log::Log,
    scratch, sdk, sh,
    toolchain::{
        Shape::{Command, Service},
        Toolchain,
    },
    warnings::WARN,
};

const BATCH: &str = "moons of mars: Phobos, Deimos\nmoons of venus: \nplanet earth\nplanet mars\nplanet venus\n";

pub fn commands_print(toolchain: &Toolchain) {
    let cloud = Cloud::new();
    let batch = compile(&toolchain.component("run-batch", &[sdk("examples/batch.c")], Command));
    for _ in 0..2 {
        assert_eq!(cloud.run(&batch, &[]), BATCH, "what it wrote it has removed again");
    }
    let counter = compile(&toolchain.component("run-counter", &[sdk("examples/counter.c")], Command));
    for (arguments, sum) in [(&[][..], "1\n"), (&["5"], "6\n"), (&["-7"], "-1\n")] {
        assert_eq!(cloud.run(&counter, arguments), sum);
    }
}

pub fn pingpong(toolchain: &Toolchain) {
    let app = compile(&toolchain.component("run-pingpong", &[sdk("examples/pingpong.c")], Service));
    let pings = [("ping", "ping"), ("ping", "something else"), ("ping", "ping")];
    assert_eq!(Cloud::new().play(&app, &pings, "pong", 2), ["pong 1", "pong 2"]);
}

pub fn of_two_files(toolchain: &Toolchain) {
    let files = [sdk("tests/guests/topics.c"), sdk("tests/guests/more_topics.c")];
    let app = compile(&toolchain.component("run-topics", &files, Service));
    // `both` has two handlers. Messages come one after the other, so one of them would have been seen first.
    let messages = [("both", ""), ("a", ""), ("orders.new", ""), ("päivä", "")];
    assert_eq!(Cloud::new().play(&app, &messages, "seen", 3), ["a", "order", "day"]);
}

pub fn of_all_topics(toolchain: &Toolchain) {
    let app = compile(&toolchain.component("run-catch-all", &[sdk("tests/guests/catch_all.c")], Service));
    let messages = [("a", ""), ("secret", ""), ("b", "")];
    assert_eq!(Cloud::new().play(&app, &messages, "seen", 3), ["a", "hidden", "b"]);
}

/// The host gets an error with all of the text that is UTF-8. A trap would say something else.
pub fn that_fail(toolchain: &Toolchain) {
    let app = compile(&toolchain.component("run-fails", &[sdk("tests/guests/fails.c")], Service));
    let log = Log::begin();
    assert_eq!(Cloud::new().play(&app, &[("latin", ""), ("after", "")], "seen", 1), ["after"]);
    let said = log.of_topic("latin");
    assert!(said.contains("the handler returned") && said.contains("invalid: caf?"), "{said}");
    assert!(!said.contains("trapped"), "{said}");
}

/// Linked by the C compiler: a C++ library for WebAssembly is not part of every toolchain.
pub fn in_cplusplus(toolchain: &Toolchain) {
    let (source, object) = (sdk("tests/guests/cplusplus.cc"), scratch(toolchain.word).join("cplusplus.o"));
    let (cxx, from, into) = (toolchain.cxx, source.display(), object.display());
    sh(&format!("{cxx} -std=c++17 {WARN} -Oz -Iinclude -c '{from}' -o '{into}'"), &sdk(""));
    let app = compile(&toolchain.component("run-cplusplus", &[object], Service));
    assert_eq!(Cloud::new().play(&app, &[("plus", "")], "seen", 1), ["c++"]);
}
