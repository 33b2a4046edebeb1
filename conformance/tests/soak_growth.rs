//! 100,000 operations of one guest, and neither the guest, nor its handles, nor the host has grown (F25, F45).
//!
//! The guest is the real driver on the SDK, in the product's host: links, grants, layers and glue as `wasi-cloud run` has
//! them, without the trace of the suite, which grows by design. What leaks on purpose must be found.
//!
//! This takes a minute, so it runs where `CLOUD_CONFORMANCE_REQUIRE` lists `soak`: before a release (CONTRIBUTING.md).

#![allow(clippy::expect_used, reason = "a test")]

mod growth;
mod support;

use anyhow::ensure;
use async_trait::async_trait;
use cloud_conformance::{corpus::Corpus, language::Language};
use growth::{Defect, Guest, QUESTION, Usage};
use libtest_mimic::{Arguments, Completion, Failed, Trial};
use serde_json::{Value, json};
use std::{
    process::ExitCode,
    sync::{Arc, Mutex},
};
use support::{required, threads};
use wasi_cloud_core::{Call, Layer, keyvalue::Bucket, layer::Next};
use wasmtime::component::ResourceType;

/// After this many operations a guest has all that it needs: every script has had values of all sizes, in 1,000 turns.
const WARM: usize = 30_000;
const MEASURED: usize = 100_000;
/// A defect must show sooner.
const SOONER: usize = 30_000;
/// What an allocator may keep. An operation that leaves 40 bytes behind adds up to more.
const SLACK: usize = 4 << 20;

type Test = Box<dyn FnOnce() -> Result<(), Failed> + Send>;

fn main() -> ExitCode {
    let trial = |name: &str, test: Test| {
        Trial::ignorable_test(name, move || match (required("soak"), cfg!(target_os = "linux")) {
            (false, _) => Ok(Completion::ignored_with("takes a minute; CLOUD_CONFORMANCE_REQUIRE=soak runs it")),
            (_, false) => Ok(Completion::ignored_with("the host's memory is read from /proc, which only Linux has")),
            _ => test().map(|()| Completion::Completed),
        })
    };
    let mut trials = vec![
        trial("a_handle_that_is_never_dropped_is_found", Box::new(a_lost_handle)),
        trial("a_host_that_keeps_something_of_each_call_is_found", Box::new(a_growing_host)),
        trial("a_guest_that_keeps_handles_is_found", Box::new(a_growing_guest)),
    ];
    for language in Corpus::languages().expect("a corpus") {
        for script in [KEYVALUE, EXTENSION, MESSAGING, CONFIG] {
            let name = format!("{language}_{}_does_not_grow", script.driver);
            trials.push(trial(
                &name,
                Box::new(move || stays(language, &grown(language, script, Host::default(), MEASURED)?)),
            ));
        }
    }
    // One at a time: they measure the process.
    libtest_mimic::run(&Arguments { test_threads: Some(1), ..Arguments::from_args() }, trials).exit_code()
}

/// What a guest does, turn after turn.
#[derive(Clone, Copy)]
struct Script {
    driver: &'static str,
    /// By the number of the turn.
    turn: fn(usize) -> Vec<Value>,
    /// How many operations of a turn fail.
    failures: usize,
}

/// Every operation of the standard, with all of its endings.
const KEYVALUE: Script = Script { driver: "keyvalue", turn: keyvalue, failures: 3 };

fn keyvalue(turn: usize) -> Vec<Value> {
    let key = format!("key {}", turn % 100);
    vec![
        json!({ "Open": [1, "default"] }),
        json!({ "Set": [1, key, vec![7; turn % 1000]] }),
        json!({ "Get": [1, key] }),
        json!({ "Exists": [1, key] }),
        json!({ "Open": [2, "nowhere"] }),
        json!({ "CasNew": [3, 1, key] }),
        json!({ "CasNew": [4, 1, key] }),
        json!({ "CasCurrent": 3 }),
        json!({ "CasSwap": [3, [1, 2, 3]] }),
        json!({ "CasSwap": [4, [4, 5, 6]] }),
        json!({ "CasDrop": 4 }),
        json!({ "Increment": [1, "counter", 1] }),
        json!({ "Increment": [1, key, 1] }),
        json!({ "Append": [1, key, [4]] }),
        json!({ "SetMany": [1, [["a", [1]], ["b", [2]]]] }),
        json!({ "GetMany": [1, ["a", "b", "c"]] }),
        json!({ "ListKeys": [1, null] }),
        json!({ "ListKeys": [1, "no cursor"] }),
        json!({ "AllKeys": 1 }),
        json!({ "DeleteMany": [1, ["a", "b"]] }),
        json!({ "Delete": [1, key] }),
        json!({ "Close": 1 }),
    ]
}

/// The same for the extension.
const EXTENSION: Script = Script { driver: "keyvalue-ext", turn: extension, failures: 3 };

fn extension(turn: usize) -> Vec<Value> {
    let key = format!("key {}", turn % 100);
    let put = |condition: Value, ttl: Option<u64>| json!({ "Put": [1, { "key": key, "value": vec![7; turn % 1000], "condition": condition, "ttl_ms": ttl }] });
    vec![
        json!({ "Open": [1, "default"] }),
        put(json!("Absent"), None),
        put(json!("Absent"), None),
        put(json!("Always"), Some(60_000)),
        put(json!({ "Version": "no version" }), None),
        json!({ "Get": [1, key] }),
        json!({ "PlainSet": [1, key, [1]] }),
        json!({ "PlainGet": [1, key] }),
        json!({ "PlainExists": [1, key] }),
        json!({ "PlainDelete": [1, key] }),
        json!({ "PlainIncrement": [1, "counter", 1] }),
        json!({ "ListKeys": [1, { "prefix": "key", "cursor": null, "limit": 3 }] }),
        json!({ "Delete": [1, key, { "Version": "no version" }] }),
        json!({ "Delete": [1, key, "Always"] }),
        json!({ "Close": 1 }),
    ]
}

/// The same for messages. A reply to what asked for none does nothing.
const MESSAGING: Script = Script { driver: "messaging", turn: messaging, failures: 3 };

fn messaging(turn: usize) -> Vec<Value> {
    let ask = |topic: &str, timeout: Option<u32>, expected: Option<u32>| json!({ "Request": { "client": 1, "topic": topic, "message": 1, "timeout_ms": timeout, "expected_replies": expected, "replies": 8 } });
    vec![
        json!({ "Connect": [1, "default"] }),
        json!({ "Connect": [2, "nowhere"] }),
        json!({ "Message": [1, vec![7; turn % 1000]] }),
        json!({ "SetContentType": [1, "text/plain"] }),
        json!({ "ContentType": 1 }),
        json!({ "SetData": [1, vec![8; turn % 999]] }),
        json!({ "Data": 1 }),
        json!({ "SetMetadata": [1, [["a", "1"], ["b", ""]]] }),
        json!({ "AddMetadata": [1, "c", "3"] }),
        json!({ "RemoveMetadata": [1, "a"] }),
        json!({ "Metadata": 1 }),
        json!({ "Topic": 1 }),
        ask(QUESTION, None, None),
        ask(QUESTION, Some(60_000), Some(2)),
        ask("nobody's", None, None),
        json!({ "Data": 9 }),
        json!({ "Message": [2, [1]] }),
        json!({ "Reply": [1, 2] }),
        json!({ "Message": [2, [1]] }),
        json!({ "Drop": 2 }),
        json!({ "Send": [1, "topic", 1] }),
        json!({ "Message": [1, [1]] }),
        json!({ "Disconnect": 1 }),
        json!({ "Send": [1, "topic", 1] }),
        json!({ "Close": 1 }),
    ]
}

/// The same for configuration, which has no handles.
const CONFIG: Script = Script { driver: "config", turn: config, failures: 0 };

fn config(_: usize) -> Vec<Value> {
    vec![json!({ "Get": "greeting" }), json!({ "Get": "absent" }), json!("GetAll")]
}

/// What a host of these tests has besides the product.
#[derive(Default)]
struct Host {
    layers: Vec<Arc<dyn Layer>>,
    linker: Option<Defect>,
}

/// What was in use when the guest was warm, and so many operations later.
fn grown(language: Language, script: Script, host: Host, operations: usize) -> Result<[Usage; 2], Failed> {
    let runtime = threads(2);
    let measured = runtime.block_on(async {
        let mut guest = Guest::start(language, script.driver, host.layers, host.linker).await?;
        let mut turn = 0;
        let mut until = async |most: usize| {
            let mut done = 0;
            while done < most {
                let ops = (script.turn)(turn);
                let failed = guest.all(&ops).await?;
                ensure!(failed == script.failures, "{failed} operations failed in turn {turn}");
                (done, turn) = (done + ops.len(), turn + 1);
            }
            guest.usage().await
        };
        anyhow::Ok([until(WARM).await?, until(operations).await?])
    })?;
    println!("{language}/{}, {operations} operations: {} to {}", script.driver, measured[0], measured[1]);
    Ok(measured)
}

fn stays(language: Language, [before, after]: &[Usage; 2]) -> Result<(), Failed> {
    // A collector's memory has a highest mark, which depends on when it ran: after 500,000 operations it is that of 100,000.
    let room = if language == Language::Go { SLACK } else { 0 };
    if after.guest > before.guest + room || after.handles != before.handles || after.host > before.host + SLACK {
        return Err(format!("{before} became {after}").into());
    }
    Ok(())
}

/// A glue that forgets to drop.
fn a_lost_handle() -> Result<(), Failed> {
    let linker: Defect = |linker| {
        let ty = ResourceType::host::<Bucket>();
        linker.instance("wasi:keyvalue/store@0.2.0-draft2")?.resource("bucket", ty, |_, _| Ok(()))
    };
    let host = Host { linker: Some(linker), ..Host::default() };
    let [before, after] = grown(Language::Rust, KEYVALUE, host, SOONER)?;
    if after.handles > before.handles { Ok(()) } else { Err(format!("{before} became {after}").into()) }
}

/// A layer that remembers a few words of every call.
#[derive(Debug)]
struct Diary(Mutex<Vec<String>>);

#[async_trait]
impl Layer for Diary {
    async fn around(&self, call: &Call<'_>, mut next: Next<'_>) -> wasi_cloud_core::Result<()> {
        self.0.lock().expect("lock").push(format!("{} {} {:200}", call.capability, call.op, call.key));
        next.run(call).await
    }
}

fn a_growing_host() -> Result<(), Failed> {
    let host = Host { layers: vec![Arc::new(Diary(Mutex::default()))], ..Host::default() };
    let [before, after] = grown(Language::Rust, KEYVALUE, host, SOONER)?;
    if after.host > before.host + SLACK { Ok(()) } else { Err(format!("{before} became {after}").into()) }
}

/// Each turn leaves one handle in a slot of its own.
fn a_growing_guest() -> Result<(), Failed> {
    let turn: fn(usize) -> Vec<Value> = |turn| {
        let open = json!({ "Open": [turn + 1, "default"] });
        [vec![open], vec![json!({ "Get": [turn + 1, "key"] }); 9]].concat()
    };
    let script = Script { turn, failures: 0, ..KEYVALUE };
    let [before, after] = grown(Language::Rust, script, Host::default(), SOONER)?;
    if after.guest > before.guest { Ok(()) } else { Err(format!("{before} became {after}").into()) }
}
