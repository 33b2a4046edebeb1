//! Random values of any type.

use std::collections::BTreeMap;

use rand::Rng;
use rand::rngs::StdRng;
use wasmtime::component::{Type, Val};

/// What strings are made of: one to four bytes of UTF-8, and what looks like an end.
const CHARS: &[char] = &['a', '\0', 'ß', '€', '😀', '"', '\u{feff}', '\u{10ffff}', '\u{d7ff}', '\u{e000}'];

/// A value. Deep lists are short.
pub fn random(rng: &mut StdRng, ty: &Type, depth: usize) -> Val {
    let length = |rng: &mut StdRng| rng.random_range(0..[40, 8, 4, 3].get(depth).copied().unwrap_or(2));
    let some = |rng: &mut StdRng, ty: &Option<Type>| ty.as_ref().map(|ty| Box::new(random(rng, ty, depth + 1)));
    match ty {
        Type::Bool => Val::Bool(rng.random()),
        Type::S8 => Val::S8(rng.random()),
        Type::U8 => Val::U8(rng.random()),
        Type::S16 => Val::S16(rng.random()),
        Type::U16 => Val::U16(rng.random()),
        Type::S32 => Val::S32(edge(rng, [i32::MIN, -1, 0, i32::MAX])),
        Type::U32 => Val::U32(edge(rng, [0, 1, 1 << 31, u32::MAX])),
        Type::S64 => Val::S64(edge(rng, [i64::MIN, -1, 0, i64::MAX])),
        Type::U64 => Val::U64(edge(rng, [0, 1 << 32, 1 << 63, u64::MAX])),
        Type::Float32 => Val::Float32(edge(rng, [-0.0, f32::INFINITY, f32::NAN, f32::MIN_POSITIVE])),
        Type::Float64 => Val::Float64(edge(rng, [-0.0, f64::NEG_INFINITY, f64::NAN, f64::EPSILON])),
        Type::Char => Val::Char(CHARS[rng.random_range(0..CHARS.len())]),
        Type::String => {
            let length = length(rng);
            Val::String((0..length).map(|_| CHARS[rng.random_range(0..CHARS.len())]).collect())
        }
        Type::List(list) => {
            let length = length(rng);
            Val::List((0..length).map(|_| random(rng, &list.ty(), depth + 1)).collect())
        }
        Type::Record(record) => {
            Val::Record(record.fields().map(|f| (f.name.to_owned(), random(rng, &f.ty, depth + 1))).collect())
        }
        Type::Tuple(tuple) => Val::Tuple(tuple.types().map(|ty| random(rng, &ty, depth + 1)).collect()),
        Type::Variant(variant) => {
            let cases: Vec<_> = variant.cases().collect();
            let case = &cases[rng.random_range(0..cases.len())];
            Val::Variant(case.name.to_owned(), some(rng, &case.ty))
        }
        Type::Enum(names) => {
            let names: Vec<_> = names.names().collect();
            Val::Enum(names[rng.random_range(0..names.len())].to_owned())
        }
        Type::Option(option) => {
            let ty = rng.random::<bool>().then(|| option.ty());
            Val::Option(some(rng, &ty))
        }
        Type::Result(result) => match rng.random() {
            true => Val::Result(Ok(some(rng, &result.ok()))),
            false => Val::Result(Err(some(rng, &result.err()))),
        },
        Type::Flags(flags) => Val::Flags(flags.names().filter(|_| rng.random()).map(str::to_owned).collect()),
        Type::FixedLengthList(list) => {
            Val::FixedLengthList((0..list.len()).map(|_| random(rng, &list.ty(), depth + 1)).collect())
        }
        Type::Map(map) => {
            let entries =
                (0..length(rng)).map(|_| (random(rng, &map.key(), depth + 1), random(rng, &map.value(), depth + 1)));
            let entries: BTreeMap<String, _> = entries.map(|(key, value)| (format!("{key:?}"), (key, value))).collect();
            Val::Map(entries.into_values().collect())
        }
        other => panic!("no values of {other:?}"),
    }
}

/// Half of the time one of the numbers where things break.
fn edge<T: Copy>(rng: &mut StdRng, edges: [T; 4]) -> T
where
    rand::distr::StandardUniform: rand::distr::Distribution<T>,
{
    if rng.random::<bool>() { edges[rng.random_range(0..4)] } else { rng.random() }
}

/// A value as text that is equal for equal values: no NaN equals another, and maps have no order.
pub fn shown(value: &Val) -> String {
    match value {
        Val::Map(entries) => {
            let entries: BTreeMap<_, _> = entries.iter().map(|(key, value)| (shown(key), shown(value))).collect();
            format!("{entries:?}")
        }
        Val::List(values) => format!("{:?}", values.iter().map(shown).collect::<Vec<_>>()),
        value => format!("{value:?}"),
    }
}
