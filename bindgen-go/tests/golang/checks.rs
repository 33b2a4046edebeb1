//! The generated code by itself: formatted, vetted, and linked whole.

use std::path::Path;

use crate::guest::{Module, generate, generate_world, wit, wits};

/// WITs of which components are made.
const WITS: &[&str] = &[
    "both",
    "command",
    "compound",
    "docs",
    "escapes",
    "extras",
    "inline",
    "keywords",
    "lists",
    "more",
    "names",
    "packages",
    "plain",
    "resources",
    "scalars",
    "streams",
    "async",
    "async-poll",
    "flows",
    "three-versions",
    "versions",
    "world-functions",
    "world-types",
];

/// What gofmt would change, and what vet and the compiler say of all WITs in one module, natively and for wasm: nothing.
pub fn clean() -> wasmtime::Result<()> {
    // An async world's runtime is enough for all.
    let module = Module::new("async");
    let runtime = Some("example.com/guest/gen/wit");
    for path in wits() {
        let name = path.file_stem().expect("a name").to_string_lossy().replace('-', "");
        module.add(&name, &generate(&path, &format!("example.com/guest/{name}"), runtime));
    }
    let law = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wit");
    module.add("law", &generate_world(&law, Some("service"), "example.com/guest/law", runtime));
    for (program, arguments, wasm) in [
        ("gofmt", &["-l", "-d", "."][..], false),
        ("go", &["vet", "./..."], false),
        ("go", &["vet", "./..."], true),
        ("go", &["build", "./..."], true),
    ] {
        let (good, text) = module.tool(program, arguments, wasm);
        assert!(good && text.is_empty(), "{program} {arguments:?}: {text}");
    }
    Ok(())
}

/// A component's code in `go test`, without wasm: what stands in for the host is a variable.
pub fn native() -> wasmtime::Result<()> {
    let module = Module::new("resources");
    module.write("main.go", include_str!("guests/resources.go"));
    module.write("main_test.go", include_str!("guests/resources_test.go"));
    let (good, text) = module.tool("go", &["test", "."], false);
    assert!(good && text.contains("ok"), "go test: {text}");

    let module = Module::new("extras");
    module.write("extras_test.go", include_str!("guests/extras_test.go"));
    let (good, text) = module.tool("go", &["test", "."], false);
    assert!(good && text.contains("ok"), "go test: {text}");
    Ok(())
}

/// Each function that is generated, in one program, and a component of it: its imports and exports are the world's.
pub fn links() -> wasmtime::Result<()> {
    for name in WITS {
        let module = Module::new(name);
        let (mut imports, mut uses) = (String::new(), String::new());
        for (i, (path, text)) in generate(&wit(name), "example.com/guest/gen", None).iter().enumerate() {
            let text = String::from_utf8_lossy(text);
            let (folder, file) = path.rsplit_once('/').unwrap_or_default();
            if folder == "wit" || file.contains('_') || !file.ends_with(".go") {
                continue;
            }
            let functions = text.lines().filter_map(|line| line.strip_prefix("func "));
            let of_package: String = functions.filter_map(|f| used(i, f)).map(|name| name + ",\n").collect();
            let alias = if of_package.is_empty() { "_".to_owned() } else { format!("p{i}") };
            imports += &format!("import {alias} \"example.com/guest/gen/{folder}\"\n");
            uses += &of_package;
        }
        let all = format!("var all = []any{{\n{uses}}}\nvar Sink any\nfunc init() {{ Sink = all }}\n");
        module.write("main.go", &format!("package main\n{imports}\n{all}func main() {{}}\n"));
        module.component(&[module.path("gen/world.wit")]);
    }
    Ok(())
}

/// `pkg.Open` or `(*pkg.Bucket).Get`, for what begins like `Open(` or `(b *Bucket) Get(`.
fn used(package: usize, function: &str) -> Option<String> {
    if let Some((receiver, method)) = function.strip_prefix('(').and_then(|f| f.split_once(") ")) {
        let (_, ty) = receiver.split_once(" *")?;
        let method = method.split('(').next().filter(|_| ty != "Error")?;
        return Some(format!("(*p{package}.{ty}).{method}"));
    }
    let name = function.split('(').next()?;
    name.starts_with(char::is_uppercase).then(|| format!("p{package}.{name}"))
}
