//! A find as a case for the catalogue.

use super::{Find, What};
use std::fmt::Write;

/// The text of a case's function. Somebody has to give it a name, the clauses that it proves, and an expectation in the words
/// of the law.
#[must_use]
pub fn case(find: &Find) -> String {
    let mut text = String::from("async fn found_by_fuzz(bench: &mut Bench) -> Outcome {\n");
    text.push_str("    let guest = bench.keyvalue().await?;\n");
    text.push_str("    let mut handles = [guest.open(DEFAULT).await?, guest.open(DEFAULT).await?];\n");
    for step in &find.steps {
        let handle = format!("handles[{}]", step.handle);
        // A string is never at a loss.
        let _ = writeln!(text, "    {}", statement(&handle, &step.what));
    }
    let _ = writeln!(text, "    // The model says {}, the host {}.", find.difference.expected, find.difference.actual);
    text.push_str("    Ok(())\n}\n");
    text
}

fn statement(handle: &str, what: &What) -> String {
    match what {
        What::Get(key) => format!("let value = {handle}.get({key:?}).await?;"),
        What::Set(key, value) => format!("{handle}.set({key:?}, {}).await?;", bytes(value)),
        What::Delete(key) => format!("{handle}.delete({key:?}).await?;"),
        What::Exists(key) => format!("let exists = {handle}.exists({key:?}).await?;"),
        What::List => format!("let keys = {handle}.keys().await?;"),
        What::Increment(key, delta) => format!("let number = {handle}.increment({key:?}, {delta}).await?;"),
        What::GetMany(keys) => format!("let values = {handle}.get_many(&{keys:?}).await?;"),
        What::SetMany(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|(key, value)| format!("({key:?}, {})", bytes(value))).collect();
            format!("{handle}.set_many(&[{}]).await?;", pairs.join(", "))
        }
        What::DeleteMany(keys) => format!("{handle}.delete_many(&{keys:?}).await?;"),
        What::Swap(key, value) => format!("{handle}.cas({key:?}).await?.swap({}).await?;", bytes(value)),
        What::LateSwap(key, value) => {
            let value = bytes(value);
            format!(
                "let cas = {handle}.cas({key:?}).await?; {handle}.set({key:?}, {value}).await?; let swap = cas.swap(\"too late\").await?;"
            )
        }
        What::Reopen => format!("{handle} = guest.open(DEFAULT).await?;"),
    }
}

fn bytes(value: &[u8]) -> String {
    format!("b\"{}\"", value.escape_ascii())
}
