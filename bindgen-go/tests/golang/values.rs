//! Values of any type, as proptest makes them and makes them smaller.

use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use wasmtime::component::{Type, Val};

/// What strings are made of: one to four bytes of UTF-8, and what looks like an end.
const CHARS: &[char] = &['a', '\0', 'ß', '€', '😀', '"', '\u{feff}', '\u{10ffff}', '\u{d7ff}', '\u{e000}'];

/// Arguments for a function.
pub fn arguments(types: &[Type]) -> BoxedStrategy<Vec<Val>> {
    types.iter().map(|ty| value(ty, 0)).collect::<Vec<_>>().boxed()
}

/// A value. Deep lists are short.
fn value(ty: &Type, depth: usize) -> BoxedStrategy<Val> {
    let length = 0..[40, 8, 4, 3].get(depth).copied().unwrap_or(2);
    let inner = |ty: &Type| value(ty, depth + 1);
    let maybe = |ty: Option<Type>| match ty {
        Some(ty) => value(&ty, depth + 1).prop_map(|value| Some(Box::new(value))).boxed(),
        None => Just(None).boxed(),
    };
    match ty {
        Type::Bool => any::<bool>().prop_map(Val::Bool).boxed(),
        Type::S8 => any::<i8>().prop_map(Val::S8).boxed(),
        Type::U8 => any::<u8>().prop_map(Val::U8).boxed(),
        Type::S16 => any::<i16>().prop_map(Val::S16).boxed(),
        Type::U16 => any::<u16>().prop_map(Val::U16).boxed(),
        Type::S32 => edge(any::<i32>(), &[i32::MIN, -1, 0, i32::MAX]).prop_map(Val::S32).boxed(),
        Type::U32 => edge(any::<u32>(), &[0, 1, 1 << 31, u32::MAX]).prop_map(Val::U32).boxed(),
        Type::S64 => edge(any::<i64>(), &[i64::MIN, -1, 0, i64::MAX]).prop_map(Val::S64).boxed(),
        Type::U64 => edge(any::<u64>(), &[0, 1 << 32, 1 << 63, u64::MAX]).prop_map(Val::U64).boxed(),
        Type::Float32 => edge(proptest::num::f32::ANY, &[-0.0, f32::INFINITY, f32::NAN, f32::MIN_POSITIVE])
            .prop_map(Val::Float32)
            .boxed(),
        Type::Float64 => edge(proptest::num::f64::ANY, &[-0.0, f64::NEG_INFINITY, f64::NAN, f64::EPSILON])
            .prop_map(Val::Float64)
            .boxed(),
        Type::Char => prop_oneof![select(CHARS), any::<char>()].prop_map(Val::Char).boxed(),
        Type::String => vec(select(CHARS), length).prop_map(|chars| Val::String(chars.into_iter().collect())).boxed(),
        Type::List(list) => vec(inner(&list.ty()), length).prop_map(Val::List).boxed(),
        Type::FixedLengthList(list) => {
            vec(inner(&list.ty()), list.len() as usize).prop_map(Val::FixedLengthList).boxed()
        }
        Type::Record(record) => {
            let names: Vec<_> = record.fields().map(|field| field.name.to_owned()).collect();
            let fields: Vec<_> = record.fields().map(|field| inner(&field.ty)).collect();
            fields.prop_map(move |values| Val::Record(names.iter().cloned().zip(values).collect())).boxed()
        }
        Type::Tuple(tuple) => tuple.types().map(|ty| inner(&ty)).collect::<Vec<_>>().prop_map(Val::Tuple).boxed(),
        Type::Variant(variant) => {
            let case = |name: String, ty| maybe(ty).prop_map(move |value| Val::Variant(name.clone(), value)).boxed();
            let cases = variant.cases().map(|one| case(one.name.to_owned(), one.ty));
            proptest::strategy::Union::new(cases).boxed()
        }
        Type::Enum(names) => select(names.names().map(str::to_owned).collect::<Vec<_>>()).prop_map(Val::Enum).boxed(),
        Type::Option(option) => prop_oneof![Just(None).boxed(), maybe(Some(option.ty()))].prop_map(Val::Option).boxed(),
        Type::Result(result) => prop_oneof![
            maybe(result.ok()).prop_map(|value| Val::Result(Ok(value))),
            maybe(result.err()).prop_map(|value| Val::Result(Err(value))),
        ]
        .boxed(),
        Type::Flags(flags) => {
            let names: Vec<_> = flags.names().map(str::to_owned).collect();
            let all = names.len();
            subsequence(names, 0..=all).prop_map(Val::Flags).boxed()
        }
        Type::Map(map) => vec((inner(&map.key()), inner(&map.value())), length)
            .prop_map(|entries| {
                let entries: BTreeMap<String, _> =
                    entries.into_iter().map(|(key, value)| (format!("{key:?}"), (key, value))).collect();
                Val::Map(entries.into_values().collect())
            })
            .boxed(),
        other => panic!("no values of {other:?}"),
    }
}

/// Half of the time one of the numbers where things break.
fn edge<T: Copy + std::fmt::Debug + 'static>(
    all: impl Strategy<Value = T> + 'static,
    edges: &'static [T],
) -> impl Strategy<Value = T> {
    prop_oneof![select(edges), all]
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
