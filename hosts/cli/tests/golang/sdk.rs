//! Programs on the Go SDK, to the end.

use crate::{
    module::{Module, Said},
    pongs,
};
use std::path::Path;

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
    assert_eq!(pongs::answers(&wasm, 3), ["pong 1", "pong 2", "pong 3"]);
}
