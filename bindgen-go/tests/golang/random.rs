//! Worlds that nobody thought of: random types in each other, each there and back.

use std::fmt::Write as _;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::echo::{guest, round_trips};
use crate::guest::{Module, generate};

/// How many types have names, and how many functions there are for each world.
const TYPES: usize = 24;
const FUNCTIONS: usize = 48;

/// Words that names are made of: some mean something in Go.
const WORDS: &[&str] = &["type", "error", "url", "x", "func", "is", "string", "some-id", "value", "len"];

const SCALARS: &[&str] = &[
    "bool", "u8", "s8", "u16", "s16", "u32", "s32", "u64", "s64", "f32", "f64", "char", "string", "string", "list<u8>",
];

pub fn worlds() -> wasmtime::Result<()> {
    for seed in 0..3 {
        let module = Module::empty();
        module.write("go.mod", "module example.com/guest\n\ngo 1.26\n");
        module.write("random.wit", &wit(&mut StdRng::seed_from_u64(seed)));
        module.add("gen", &generate(&module.path("random.wit"), "example.com/guest/gen", None));
        module.write("main.go", &guest(&module, &[("gen", "random")]));
        let (clean, text) = module.tool("gofmt", &["-l", "-d", "gen"], false);
        assert!(clean && text.is_empty(), "gofmt, seed {seed}: {text}");
        round_trips(&module.component(&[module.path("random.wit")]), "test:random/random")?;
    }
    Ok(())
}

fn wit(rng: &mut StdRng) -> String {
    let mut types = String::new();
    let mut known = Vec::new();
    for i in 0..TYPES {
        let name = format!("{}-t{i}", word(rng));
        let members = rng.random_range(1..6);
        let body: String = match i % 5 {
            0 => {
                (0..members).fold(format!("record {name} {{ "), |out, m| {
                    out + &format!("{}-f{m}: {}, ", word(rng), ty(rng, &known, 2))
                }) + "}"
            }
            1 => {
                (0..members).fold(format!("variant {name} {{ "), |out, m| {
                    let payload = if rng.random() { format!("({})", ty(rng, &known, 2)) } else { String::new() };
                    out + &format!("{}-c{m}{payload}, ", word(rng))
                }) + "}"
            }
            2 => {
                (0..members * 7).fold(format!("enum {name} {{ "), |out, m| out + &format!("{}-e{m}, ", word(rng))) + "}"
            }
            3 => {
                (0..members * 6).fold(format!("flags {name} {{ "), |out, m| out + &format!("{}-g{m}, ", word(rng)))
                    + "}"
            }
            _ => format!("type {name} = {};", ty(rng, &known, 2)),
        };
        let _ = writeln!(types, "  {body}");
        known.push(name);
    }
    let mut functions = String::new();
    for i in 0..FUNCTIONS {
        let params: Vec<_> = (0..rng.random_range(1..4)).map(|_| ty(rng, &known, 3)).collect();
        let named: Vec<_> = params.iter().enumerate().map(|(p, ty)| format!("{}-p{p}: {ty}", word(rng))).collect();
        let result = if params.len() == 1 { params[0].clone() } else { format!("tuple<{}>", params.join(", ")) };
        let _ = writeln!(functions, "  echo-{i}: func({}) -> {result};", named.join(", "));
    }
    let known = known.join(", ");
    format!(
        "package test:random;\ninterface types {{\n{types}}}\ninterface random {{\n  use types.{{{known}}};\n{functions}}}\n\
         world echo {{ import random; export random; }}\n"
    )
}

fn word(rng: &mut StdRng) -> &'static str {
    WORDS[rng.random_range(0..WORDS.len())]
}

/// A type, in which types are nested as deep as asked for.
fn ty(rng: &mut StdRng, known: &[String], depth: usize) -> String {
    let inner = |rng: &mut StdRng| ty(rng, known, depth - 1);
    match rng.random_range(0..if depth == 0 { 6 } else { 12 }) {
        0..3 => SCALARS[rng.random_range(0..SCALARS.len())].to_owned(),
        3..6 if !known.is_empty() => known[rng.random_range(0..known.len())].clone(),
        3..6 => "string".to_owned(),
        6 | 7 => format!("list<{}>", inner(rng)),
        8 => format!("option<{}>", inner(rng)),
        9 => format!("tuple<{}, {}>", inner(rng), inner(rng)),
        10 => format!("result<{}, {}>", inner(rng), inner(rng)),
        _ => ["result".to_owned(), format!("result<{}>", inner(rng)), format!("result<_, {}>", inner(rng))]
            [rng.random_range(0..3)]
        .clone(),
    }
}
