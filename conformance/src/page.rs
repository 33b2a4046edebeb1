//! A page that needs nothing else: no script, no font, no picture. Narrow screens scroll the tables, not the page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --bad: #c62828; --known: #b26a00; --good: #1b7f3b; --none: #777; }
* { box-sizing: border-box; }
body { font: 16px/1.45 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 75rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
.scroll { overflow-x: auto; border: 1px solid var(--line); border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { padding: .35rem .6rem; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
thead th { white-space: nowrap; }
tbody th { position: sticky; left: 0; background: Canvas; font-weight: 400; min-width: 11rem; max-width: 22rem; }
tbody tr:last-child > * { border-bottom: 0; }
summary { cursor: pointer; } summary code { font-weight: 600; }
details p { margin: .3rem 0 0; }
time { white-space: nowrap; } td.broken { overflow-wrap: anywhere; }
.level { color: var(--none); font-size: .8rem; }
.stand { white-space: nowrap; font-weight: 600; }
.broken { color: var(--bad); } .known { color: var(--known); } .holds { color: var(--good); }
.skipped, .inapplicable, .untested { color: var(--none); font-weight: 400; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff7b72; --known: #e3a54a; --good: #56d27b; --none: #999; } }
";

/// The page of this title.
pub(crate) fn page(title: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "wasi-cloud: " (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    };
    page.into_string()
}
