//! Go programs as core modules: by `wasi-cloud run`, and by `go run` and `go test` with our script.

use crate::{example::Folder, has};

const GO_MOD: &str = "module example.com/tool\n\ngo 1.26\n";

/// Prints what it is given; its first argument can ask for another end.
const TOOL: &str = r#"package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	switch os.Args[1] {
	case "exit":
		os.Exit(3)
	case "panic":
		panic("on purpose")
	case "read":
		text, err := os.ReadFile(os.Args[2])
		fmt.Printf("%s, %v\n", text, err == nil)
	case "write":
		err := os.WriteFile(os.Args[2], []byte("written"), 0o600)
		fmt.Println(err == nil)
	case "deep":
		fmt.Println(deep(200_000))
	case "large":
		fmt.Println(large(1000))
	default:
		input, _ := io.ReadAll(os.Stdin)
		fmt.Println(strings.Join(os.Args[1:], "|"), os.Getenv("COLOUR"), os.Getenv("HOME"), string(input))
	}
}

// large is how many of n blocks of 64 KiB kept what was written to them.
func large(n int) int {
	blocks := make([][]byte, n)
	for i := range blocks {
		blocks[i] = bytes.Repeat([]byte{byte(i)}, 1<<16)
	}
	good := 0
	for i, block := range blocks {
		if bytes.Count(block, []byte{byte(i)}) == len(block) {
			good++
		}
	}
	return good
}

//go:noinline
func deep(n int) int {
	if n == 0 {
		return 0
	}
	return 1 + deep(n-1)
}
"#;

/// Tests of which one reads a file, one writes to a folder of its own, and one fails if the environment says so.
const TESTS: &str = r#"package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestData(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "in.txt"))
	if err != nil || string(text) != "content" {
		t.Fatal(string(text), err)
	}
}

func TestTemporary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "out")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestBroken(t *testing.T) {
	if _, err := os.Stat("broken"); err == nil {
		t.Fatal("broken on purpose")
	}
}
"#;

fn tool() -> Folder {
    let folder = Folder::new();
    folder.write("go.mod", GO_MOD);
    folder.write("main.go", TOOL);
    folder.write("main_test.go", TESTS);
    folder.write("testdata/in.txt", "content");
    folder
}

pub fn core_module() -> Result<(), String> {
    let folder = tool();
    folder.good("GOOS=wasip1 GOARCH=wasm go build -o tool.wasm .");
    let printed = folder.good("printf input | wasi-cloud run tool.wasm --env COLOUR=blue -- show 'a b' --c");
    assert_eq!(printed, "show|a b|--c blue  input\n");

    // Nothing is seen that was not given.
    let read = |options: &str, path: &str| folder.good(&format!("wasi-cloud run tool.wasm {options} -- read {path}"));
    assert_eq!(read("", "/in/in.txt"), ", false\n");
    assert_eq!(read("--dir testdata::/in", "/in/in.txt"), "content, true\n");
    assert_eq!(read("--dir-ro testdata::/in", "/in/in.txt"), "content, true\n");
    assert_eq!(read("--dir testdata::/in", "/in/../../go.mod"), ", false\n");
    let write = |options: &str| folder.good(&format!("wasi-cloud run tool.wasm {options} -- write /in/new"));
    assert_eq!(write("--dir-ro testdata::/in"), "false\n");
    assert!(!folder.at("testdata/new").exists());
    assert_eq!(write("--dir testdata::/in"), "true\n");
    assert!(folder.at("testdata/new").exists());

    assert_eq!(folder.good("wasi-cloud run tool.wasm -- deep"), "200000\n");
    assert_eq!(folder.good("wasi-cloud run tool.wasm -- large"), "1000\n");
    for (end, code) in [("exit", 3), ("panic", 2)] {
        let output = folder.sh(&format!("wasi-cloud run tool.wasm -- {end}"));
        assert_eq!(output.status.code(), Some(code), "{end}");
    }
    let refused = folder.sh("wasi-cloud run tool.wasm --dir nowhere -- show");
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(125) && said.contains("`nowhere` is not a folder"), "{said}");
    Ok(())
}

pub fn go_run() -> Result<(), String> {
    let folder = tool();
    let run = "GOOS=wasip1 GOARCH=wasm go run . ";
    assert_eq!(folder.good(&format!("{run} show 'a b' </dev/null")), "show|a b   \n");
    assert_eq!(folder.good(&format!("{run} read testdata/in.txt")), "content, true\n");
    let given = folder.good(&format!("GOWASIRUNTIMEARGS='--env COLOUR=red' {run} show </dev/null"));
    assert_eq!(given, "show red  \n");
    assert!(!folder.sh(&format!("{run} exit")).status.success());
    Ok(())
}

/// On the runtime of that name.
pub fn go_test(runtime: &str) -> Result<(), String> {
    let folder = tool();
    let test = format!("GOWASIRUNTIME={runtime} GOOS=wasip1 GOARCH=wasm go test -count=1 ./...");
    let printed = folder.good(&test);
    assert!(printed.starts_with("ok  \texample.com/tool"), "{printed}");
    folder.write("broken", "");
    let failed = folder.sh(&test);
    let printed = String::from_utf8_lossy(&failed.stdout);
    assert_eq!(failed.status.code(), Some(1), "{printed}");
    assert!(printed.contains("--- FAIL: TestBroken") && printed.contains("broken on purpose"), "{printed}");
    Ok(())
}

pub fn on_wazero() -> Result<(), String> {
    if !has("wazero") {
        crate::lacking("wazero", "needs `wazero` on the PATH")?;
    }
    go_test("wazero")
}
