//! Programs on the Go SDK, to the end.

use crate::module::{Module, Said};
use std::{path::Path, sync::Arc, time::Duration};
use wasi_cloud_core::{
    Clock, Grants, Links,
    messaging::{Messaging, Payload, Subscription},
};
use wasi_cloud_wasmtime::runtime::{Env, Limits, Runtime, ServeOptions, recorded_topics};

/// The SDK's folder.
fn sdk() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bindgen-go/go");
    folder.canonicalize().expect("the SDK is there").to_str().expect("UTF-8").to_owned()
}

pub fn counter() {
    let module = Module::empty();
    module.wasi_cloud(&["componentize", &format!("{}/examples/counter", sdk())]).succeeded();
    let run = |amount: &str| -> Said {
        module.wasi_cloud(&["run", "counter.wasm", "--link", "keyvalue:default", "--grant-linked", "--", amount])
    };
    assert_eq!(run("5").succeeded().out, "5\n");
    assert_eq!(run("2").succeeded().out, "7\n");
    let refused = run("many");
    assert!(refused.code == Some(1) && refused.log.contains("counter: "), "{}", refused.log);
}

/// Calls of the host by goroutines that wait in between, with collections.
const BUSY: &str = r#"package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
)

func main() {
	ctx := context.Background()
	bucket, err := keyvalue.Open(ctx, "default")
	if err != nil {
		fmt.Println(err)
		os.Exit(7)
	}
	defer bucket.Close()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 100 {
				if _, err := bucket.Increment(ctx, os.Args[1], 1); err != nil {
					panic(err)
				}
				if i%20 == 0 {
					runtime.GC()
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	all.Wait()
	count, err := bucket.Increment(ctx, os.Args[1], 0)
	fmt.Println(os.Getenv("WHO"), count, err)
}
"#;

pub fn busy() {
    let module = Module::new(&[("main.go", BUSY)]);
    let needs = "github.com/wasi-cloud/wasi-cloud/bindgen-go/go";
    let go_mod =
        format!("module example.com/busy\n\ngo 1.26\n\nrequire {needs} v0.0.0\n\nreplace {needs} => {}\n", sdk());
    module.write("go.mod", &go_mod);
    module.wasi_cloud(&["componentize", "."]).succeeded();
    let arguments = ["--link", "keyvalue:default=memory", "--env", "WHO=Ada", "--", "hits"];
    let run = |more: &[&str]| module.wasi_cloud(&[&["run", "busy.wasm"], more, &arguments].concat());
    assert_eq!(run(&["--grant-linked"]).succeeded().out, "Ada 800 <nil>\n");
    let refused = run(&[]);
    assert_eq!(refused.code, Some(1), "{}", refused.log);
    assert!(refused.out.contains("access denied"), "{}", refused.out);
}

pub fn pingpong() {
    let module = Module::empty();
    module.wasi_cloud(&["componentize", &format!("{}/examples/pingpong", sdk()), "-o", "p.wasm"]).succeeded();
    assert_eq!(module.inspect("p.wasm", "topic"), ["ping"]);
    let wasm = std::fs::read(module.path("p.wasm")).expect("a component");
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("tokio");
    let pongs = tokio.block_on(async {
        let answered = tokio::time::timeout(Duration::from_secs(60), answers(&wasm, 3)).await;
        answered.expect("within a minute").expect("no error")
    });
    assert_eq!(pongs, ["pong 1", "pong 2", "pong 3"]);
}

/// What comes on the topic pong for so many pings.
async fn answers(wasm: &[u8], pings: usize) -> wasi_cloud_core::Result<Vec<String>> {
    let memory = wasi_cloud::registry(&Clock::default())?.services("memory").await?;
    let broker: Arc<dyn Messaging> = memory.messaging.expect("it has messaging");
    let links = Links::default();
    links.keyvalue.set("default", memory.keyvalue.expect("it has key-value"), "default", Arc::from([]));
    links.messaging.set("default", broker.clone(), "default", Arc::from([]));
    let of = |topics| Subscription { topics, group: None, max_deliveries: 1 };
    let mut pongs = broker.subscribe("default", &of(vec!["pong".to_owned()])).await?;

    let app = Runtime::new(Limits::default()).and_then(|runtime| runtime.compile(wasm)).expect("it compiles");
    let grants = Grants::parse(["keyvalue:default", "messaging:default"])?.shared();
    let env = move || Env::new(links.clone(), grants.clone());
    let service = app.serve_messages(env, of(recorded_topics(wasm)), ServeOptions::default()).await?;
    let mut answers = Vec::new();
    for _ in 0..pings {
        broker.publish("default", "ping", &Payload { data: b"ping".to_vec(), ..Payload::default() }).await?;
        let pong = pongs.next().await?;
        answers.push(String::from_utf8_lossy(&pong.payload.data).into_owned());
    }
    service.stop().await;
    Ok(answers)
}
