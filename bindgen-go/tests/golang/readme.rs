//! The README's own example: each of its files and commands, in order.

use wasmtime::component::{Linker, Val};

use crate::guest::{Module, Running, State};

const README: &str = include_str!("../../README.md");

pub fn works() -> wasmtime::Result<()> {
    let module = Module::empty();
    let mut component = Vec::new();
    for block in README.split("```").skip(1).step_by(2) {
        let (kind, text) = block.split_once('\n').expect("a block of lines");
        match (kind, text.strip_prefix("// ").and_then(|text| text.split_once('\n'))) {
            ("sh", _) => text.lines().for_each(|line| run(&module, line, &mut component)),
            (_, Some((file, text))) => module.write(file, text),
            _ => panic!("a block that is neither a file nor commands: {text}"),
        }
    }
    let mut running = Running::new(&component, |linker: &mut Linker<State>, _| {
        let mut people = linker.instance("example:greeter/people").expect("an instance");
        people
            .func_new("name", |_, _, arguments, results| {
                let known = arguments[0] == Val::String("u1".to_owned());
                let unknown = Val::Variant("unknown".to_owned(), None);
                results[0] = match known {
                    true => Val::Result(Ok(Some(Box::new(Val::String("Ada".to_owned()))))),
                    false => Val::Result(Err(Some(Box::new(unknown)))),
                };
                Ok(())
            })
            .expect("a function");
    });
    for (id, greeting) in [("u1", "Hello, Ada!"), ("u2", "Hello, stranger!")] {
        let got = running.call("example:greeter/greetings", "greet", &[Val::String(id.to_owned())])?;
        assert_eq!(got, Val::Result(Ok(Some(Box::new(Val::String(greeting.to_owned()))))));
    }
    Ok(())
}

/// A command as it stands there: our own by its path here, and the last as the library behind it.
fn run(module: &Module, line: &str, component: &mut Vec<u8>) {
    if let Some(arguments) = line.strip_prefix("wasi-cloud componentize ") {
        let [core, "--wit", world, "-o", _] = arguments.split(' ').collect::<Vec<_>>()[..] else {
            panic!("other arguments than those of the test: {line}")
        };
        *component = module.componentize(core, world);
        return;
    }
    let (wasm, line) = match line.strip_prefix("GOOS=wasip1 GOARCH=wasm ") {
        Some(rest) => (true, rest),
        None => (false, line),
    };
    let (program, arguments) = line.split_once(' ').expect("a program and arguments");
    let program = if program == "bindgen-go" { env!("CARGO_BIN_EXE_bindgen-go") } else { program };
    let (good, text) = module.tool(program, &arguments.split(' ').collect::<Vec<_>>(), wasm);
    assert!(good, "{line}: {text}");
}
