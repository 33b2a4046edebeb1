//! Values of every type, from the host through the component to the host and back: lifted and lowered by imports and by
//! exports.

use std::cell::RefCell;
use std::env;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, Val};

use crate::guest::{Module, Running, State, engine, generate, wit};
use crate::values::{arguments as values, shown};

/// How many values each function gets.
const ROUNDS: u32 = 200;

/// The same values each time, or those of `BINDGEN_GO_SEED`. A failure tells it, with the smallest values that fail.
const SEED: u64 = 7;

pub fn scalars() -> wasmtime::Result<()> {
    let module = Module::new("scalars");
    module.write("main.go", &guest(&module, &[("gen", "scalars")]));
    round_trips(&module.component(&[wit("scalars")]), "test:scalars/scalars")
}

pub fn lists() -> wasmtime::Result<()> {
    let module = Module::new("lists");
    module.write("main.go", &guest(&module, &[("gen", "lists")]));
    round_trips(&module.component(&[wit("lists")]), "test:lists/lists")
}

pub fn compound() -> wasmtime::Result<()> {
    let module = Module::new("compound");
    module.write("main.go", &guest(&module, &[("gen", "compound")]));
    round_trips(&module.component(&[wit("compound")]), "test:compound/compound")
}

pub fn more() -> wasmtime::Result<()> {
    let module = Module::new("more");
    module.write("main.go", &guest(&module, &[("gen", "more")]));
    round_trips(&module.component(&[wit("more")]), "test:more/more")
}

/// One program with two worlds, generated apart: `cabi_realloc` can be exported only once.
pub fn two_packages() -> wasmtime::Result<()> {
    let module = Module::new("scalars");
    module.add("more", &generate(&wit("lists"), "example.com/guest/more", Some("example.com/guest/gen/wit")));
    module.write("main.go", &guest(&module, &[("gen", "scalars"), ("more", "lists")]));
    let component = module.component(&[wit("scalars"), wit("lists")]);
    round_trips(&component, "test:scalars/scalars")?;
    round_trips(&component, "test:lists/lists")
}

/// A guest whose handlers call the imports of the same names. The collector runs in between.
pub fn guest(module: &Module, packages: &[(&str, &str)]) -> String {
    let mut imports = String::from("import (\n\t\"context\"\n\t\"runtime\"\n\t\"example.com/guest/gen/wit\"\n");
    let mut body = String::from("var _ context.Context\nvar _ wit.Result[int, int]\nvar calls int\n");
    body += "func called() { if calls++; calls % 64 == 0 { runtime.GC() } }\nfunc main() {}\n";
    for (folder, name) in packages {
        imports += &format!("\t. \"example.com/guest/{folder}/test/{name}\"\n");
        imports += &format!("\t\"example.com/guest/{folder}/test/{name}/{name}export\"\n");
        body += &format!("type {name}Handler struct{{}}\nfunc init() {{ {name}export.Handle({name}Handler{{}}) }}\n");
        for line in module.read(&format!("{folder}/test/{name}/{name}.go")).lines() {
            let Some(signature) = line.strip_prefix("func ").filter(|line| line.starts_with("Echo")) else { continue };
            let (function, rest) = signature.split_once('(').expect("parameters");
            let arguments = arguments(rest);
            body += &format!("func ({name}Handler) {signature}\ncalled()\nreturn {function}({arguments})\n}}\n");
        }
    }
    format!("package main\n\n{imports})\n\n{body}")
}

/// The names of the parameters: the first word of each, up to the parenthesis that ends them.
fn arguments(parameters: &str) -> String {
    let (mut depth, mut names, mut word, mut done) = (0, Vec::new(), String::new(), false);
    for c in parameters.chars() {
        match c {
            ')' if depth == 0 => break,
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            ',' if depth == 0 => done = false,
            ' ' if word.is_empty() => {}
            ' ' if !done => {
                names.push(std::mem::take(&mut word));
                done = true;
            }
            c if !done => word.push(c),
            _ => {}
        }
    }
    names.join(", ")
}

/// The host's side: each function returns its argument, or all of them as a tuple.
pub fn link_echo(linker: &mut Linker<State>, component: &Component) {
    for (name, item) in component.component_type().imports(engine()) {
        let ComponentItem::ComponentInstance(instance) = item.ty else { continue };
        if !name.starts_with("test:") {
            continue;
        }
        let mut at = linker.instance(name).expect("an instance");
        for (function, item) in instance.exports(engine()) {
            if let ComponentItem::ComponentFunc(_) = item.ty {
                at.func_new(function, |_, _, arguments, results| {
                    results[0] = match arguments {
                        [one] => one.clone(),
                        many => Val::Tuple(many.to_vec()),
                    };
                    Ok(())
                })
                .expect("a function");
            }
        }
    }
}

/// A component that is asked the same.
pub type Peer = Running;

pub fn round_trips(component: &[u8], interface: &str) -> wasmtime::Result<()> {
    round_trips_with(component, interface, ROUNDS, link_echo, None)
}

/// Calls each function of the interface with many values, each of which has to come back, and from the peer too.
pub fn round_trips_with(
    component: &[u8],
    interface: &str,
    rounds: u32,
    link: fn(&mut Linker<State>, &Component),
    peer: Option<&mut Peer>,
) -> wasmtime::Result<()> {
    let running = RefCell::new(Running::new(component, link));
    let peer = RefCell::new(peer);
    let exports = running.borrow().component.component_type();
    let Some(ComponentItem::ComponentInstance(instance)) = exports.get_export(engine(), interface).map(|item| item.ty)
    else {
        panic!("no {interface}")
    };
    let seed = env::var("BINDGEN_GO_SEED").ok().map_or(SEED, |seed| seed.parse().expect("a number as the seed"));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    for (name, item) in instance.exports(engine()) {
        let ComponentItem::ComponentFunc(function) = item.ty else { continue };
        let types: Vec<_> = function.params().map(|(_, ty)| ty).collect();
        let config = Config { cases: rounds, failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
        let ran = runner.run(&values(&types), |arguments| {
            let got = running.borrow_mut().call(interface, name, &arguments);
            let got = got.map_err(|e| {
                // After a trap only a new instance can be asked for smaller values.
                *running.borrow_mut() = Running::new(component, link);
                TestCaseError::fail(format!("{e:?}"))
            })?;
            if let Some(peer) = &mut *peer.borrow_mut() {
                let other = peer.call(interface, name, &arguments).expect("the peer answers");
                same(&got, &other)?;
            }
            let wanted = if arguments.len() == 1 { arguments[0].clone() } else { Val::Tuple(arguments) };
            same(&got, &wanted)
        });
        ran.unwrap_or_else(|e| panic!("{name} of {interface}, with BINDGEN_GO_SEED={seed}: {e}"));
    }
    let memory = running.borrow().store.data().memory;
    assert!(memory < 16 << 20, "{memory} bytes of memory");
    Ok(())
}

fn same(got: &Val, wanted: &Val) -> Result<(), TestCaseError> {
    let (got, wanted) = (shown(got), shown(wanted));
    if got == wanted { Ok(()) } else { Err(TestCaseError::fail(format!("{got} instead of {wanted}"))) }
}
