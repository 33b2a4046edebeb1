//! Programs with a main function.

use crate::module::{CONFIG, CONFIG_WIT, Module, Said, world};
use std::path::Path;

/// Prints its arguments and a variable, waits for goroutines, and ends with a code.
const MAIN: &str = r#"package main

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"time"
)

func main() {
	fmt.Println(os.Args[1:], os.Getenv("WHO"), called())
	start := time.Now()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() { time.Sleep(20 * time.Millisecond) })
	}
	all.Wait()
	if time.Since(start) > 300*time.Millisecond {
		fmt.Println("one after the other")
	}
	switch os.Args[1] {
	case "exit":
		defer fmt.Println("not reached")
		os.Exit(3)
	case "panic":
		panic("as asked")
	}
	// More than a program begins with, so that it grows.
	var blocks [100][]byte
	for i := range blocks {
		blocks[i] = bytes.Repeat([]byte{byte(i)}, 1<<16)
	}
	for i, block := range blocks {
		if bytes.Count(block, []byte{byte(i)}) != len(block) {
			fmt.Println("somebody else has written to block", i)
		}
	}
	fmt.Println("done")
}
"#;

fn run(module: &Module, argument: &str) -> Said {
    module.wasi_cloud(&["run", "app.wasm", "--env", "WHO=Ada", "--", argument])
}

/// In a reactor Go aborts on a panic, as in any library.
fn check(module: &Module, called: &str) {
    assert_eq!(module.inspect("app.wasm", "export"), ["wasi:cli/run@0.2.12"]);
    let ended = run(module, "now");
    assert_eq!(ended.succeeded().out, format!("[now] Ada {called}\ndone\n"));
    let ended = run(module, "exit");
    assert_eq!((ended.code, &*ended.out), (Some(1), &*format!("[exit] Ada {called}\n")), "{}", ended.log);
    let ended = run(module, "panic");
    assert_eq!(ended.code, Some(134), "{}", ended.log);
    assert!(ended.log.contains("panic: as asked") && ended.log.contains("main.go:"), "{}", ended.log);
}

pub fn plain() {
    let module =
        Module::new(&[("main.go", MAIN), ("called.go", "package main\n\nfunc called() string { return \"\" }\n")]);
    module.wasi_cloud(&["componentize", "."]).succeeded();
    check(&module, "");
    assert!(module.inspect("app.wasm", "import").is_empty());
}

/// With imports, `cabi_realloc` and a file of the main package that has the name of none of ours.
pub fn imports() {
    let module = Module::new(&[("main.go", MAIN)]);
    module.write(
        "called.go",
        "package main\n\nimport \"example.com/app/gen\"\n\nfunc called() any { return gen.Open() }\n",
    );
    module.write("gen/gen.go", CONFIG);
    module.write(
        "gen/world.wit",
        &world(
            "test:app/app",
            &format!("package test:app; world app {{ import wasi:config/store@0.2.0-rc.1; }} {CONFIG_WIT}"),
        ),
    );
    module.wasi_cloud(&["componentize", "."]).succeeded();
    assert_eq!(module.inspect("app.wasm", "import"), ["wasi:config/store@0.2.0-rc.1"]);
    // Nothing is granted.
    check(&module, "1");
    assert!(!module.path("wasi_cloud_run_main.go").exists());
    let listed = std::fs::read_dir(module.path(".")).expect("the folder").count();
    assert_eq!(listed, ["go.mod", "main.go", "called.go", "gen", "app.wasm"].len(), "nothing else is left behind");
    // The same program from elsewhere.
    module.wasi_cloud_in(Path::new("gen"), &["componentize", "..", "-o", "again.wasm"]).succeeded();
    assert_eq!(std::fs::read(module.path("app.wasm")).ok(), std::fs::read(module.path("gen/again.wasm")).ok());
}

/// The heap grows far beyond the memory that the program starts with, while it reads clocks, which is done by the adapter.
const LARGE: &str = r#"package main

import (
	"fmt"
	"time"
)

func main() {
	start := time.Now()
	keep := map[int][]byte{}
	for i := range 200_000 {
		keep[i%1_000] = append([]byte{byte(i)}, make([]byte, 64+i%4096)...)
	}
	wrong := time.Since(start) < 0
	for i, bytes := range keep {
		wrong = wrong || bytes[0] != byte(199_000+i) || bytes[len(bytes)-1] != 0
	}
	fmt.Println(len(keep), wrong)
}
"#;

pub fn large() {
    let module = Module::new(&[("main.go", LARGE)]);
    module.wasi_cloud(&["componentize", "."]).succeeded();
    let ended = module.wasi_cloud(&["run", "app.wasm", "--deadline", "5m"]);
    assert_eq!(ended.succeeded().out, "1000 false\n");
}
