//! A find as a case for the catalogue.

use super::{
    Find, What,
    model::{Expected, Model},
};
use std::fmt::Write;

/// The text of a case's function, with what the model expects of each operation. Somebody has to give it a name, the clauses
/// that it proves, and what it needs.
#[must_use]
pub fn case(find: &Find) -> String {
    let reopens = find.steps.iter().any(|step| step.what == What::Reopen);
    let mutable = if reopens { "mut " } else { "" };
    let opened = vec!["guest.open(DEFAULT).await?"; find.handles as usize].join(", ");
    let mut text = String::from("async fn found_by_fuzz(bench: &mut Bench) -> Outcome {\n");
    text.push_str("    let guest = bench.keyvalue().await?;\n");
    // A string is never at a loss.
    let _ = writeln!(text, "    let {mutable}handles = [{opened}];");
    let mut model = Model::default();
    for step in &find.steps {
        let handle = format!("handles[{}]", step.handle);
        let expected = model.apply(&step.what);
        for line in statements(&handle, &step.what, &expected, find.positions) {
            let _ = writeln!(text, "    {line}");
        }
    }
    let _ = writeln!(text, "    // The model says {}, the host {}.", find.difference.expected, find.difference.actual);
    text.push_str("    Ok(())\n}\n");
    text
}

fn statements(handle: &str, what: &What, expected: &Expected, positions: bool) -> Vec<String> {
    match (what, expected) {
        (What::Get(key), Expected::Value(Some(value))) => {
            vec![format!("{handle}.expect({key:?}, {}).await?;", bytes(value))]
        }
        (What::Get(key), _) => vec![format!("{handle}.expect_missing({key:?}).await?;")],
        (What::Set(key, value), _) => vec![format!("{handle}.set({key:?}, {}).await?;", bytes(value))],
        (What::Delete(key), _) => vec![format!("{handle}.delete({key:?}).await?;")],
        (What::Exists(key), expected) => {
            let is_there = *expected == Expected::Flag(true);
            vec![format!("expect_eq(\"exists\", {handle}.exists({key:?}).await?, {is_there})?;")]
        }
        (What::List, Expected::Keys(keys)) => {
            let keys = list(keys.iter().map(|key| format!("{key:?}")));
            vec![format!("expect_eq(\"all keys\", set(&{handle}.all_keys().await?), set::<&str>({keys}))?;")]
        }
        (What::Increment(key, delta), Expected::Number(number)) => {
            vec![format!("expect_eq(\"increment\", {handle}.increment({key:?}, {delta}).await?, {number})?;")]
        }
        (What::GetMany(keys), Expected::Pairs(pairs)) => {
            found(&format!("{handle}.get_many::<&str>(&{keys:?}).await?"), pairs, positions)
        }
        // The model answers each in its own kind.
        (What::List | What::Increment(..) | What::GetMany(_), _) => Vec::new(),
        (What::SetMany(pairs), _) => {
            let pairs = list(pairs.iter().map(|(key, value)| format!("({key:?}, {})", bytes(value))));
            vec![format!("{handle}.set_many::<&str, &[u8]>(&{pairs}).await?;")]
        }
        (What::DeleteMany(keys), _) => vec![format!("{handle}.delete_many::<&str>(&{keys:?}).await?;")],
        (What::Swap(key, value), _) => vec![format!("{handle}.cas({key:?}).await?.wins({}).await?;", bytes(value))],
        (What::LateSwap(key, value), _) => vec![
            format!("let cas = {handle}.cas({key:?}).await?;"),
            format!("{handle}.set({key:?}, {}).await?;", bytes(value)),
            "cas.loses(\"too late\").await?.close().await?;".to_owned(),
        ],
        (What::Reopen, _) => {
            vec![format!("{handle}.clone().close().await?;"), format!("{handle} = guest.open(DEFAULT).await?;")]
        }
    }
}

/// What `get-many` finds: in its place only of a host that declares that.
fn found(call: &str, pairs: &[Option<(String, Vec<u8>)>], positions: bool) -> Vec<String> {
    let pair = |(key, value): &(String, Vec<u8>)| format!("({key:?}.to_owned(), {}.to_vec())", bytes(value));
    if positions {
        let one =
            |place: &Option<_>| place.as_ref().map_or("None".to_owned(), |found| format!("Some({})", pair(found)));
        return vec![format!("expect_eq(\"get-many\", {call}, vec!{})?;", list(pairs.iter().map(one)))];
    }
    let pairs = list(pairs.iter().flatten().map(pair));
    vec![
        format!("let found: BTreeSet<_> = {call}.into_iter().flatten().collect();"),
        format!("expect_eq(\"get-many\", found, BTreeSet::from({pairs}))?;"),
    ]
}

fn list(items: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", items.into_iter().collect::<Vec<_>>().join(", "))
}

fn bytes(value: &[u8]) -> String {
    format!("b\"{}\"", value.escape_ascii())
}
