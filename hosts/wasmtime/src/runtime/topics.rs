use wasmparser::{Parser, Payload};

/// The custom section in which a component records the topics that it handles (MSG-M12): UTF-8, a topic a line.
pub const TOPICS_SECTION: &str = "wasi-cloud:topics";

/// The topics that a component, or any module or component inside it, has recorded: sorted, each once.
///
/// Several sections add up. What is no UTF-8, and all that follows damage to the binary, is left out: compiling is
/// where damage is reported.
#[must_use]
pub fn recorded_topics(wasm: &[u8]) -> Vec<String> {
    let mut topics = Vec::new();
    // The parser walks into nested modules and components by itself.
    for payload in Parser::new(0).parse_all(wasm) {
        match payload {
            Ok(Payload::CustomSection(section)) if section.name() == TOPICS_SECTION => {
                let text = std::str::from_utf8(section.data()).unwrap_or_default();
                topics.extend(text.lines().filter(|line| !line.is_empty()).map(str::to_owned));
            }
            Ok(_) => {}
            Err(_) => break,
        }
    }
    topics.sort();
    topics.dedup();
    topics
}
