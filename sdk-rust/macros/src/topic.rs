//! The argument of `#[on_message]`.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens;
use syn::{
    Error, LitStr, Result,
    parse::{Parse, ParseStream},
};

/// A topic that can be subscribed to (MSG-M07).
pub(crate) struct Topic(LitStr);

impl Topic {
    pub(crate) fn text(&self) -> String {
        self.0.value()
    }

    /// An error at this topic.
    pub(crate) fn error(&self, why: &str) -> Error {
        Error::new(self.0.span(), why)
    }
}

impl Parse for Topic {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let literal: LitStr =
            input.parse().map_err(|e| Error::new(e.span(), "name the topic: `#[on_message(\"orders\")]`"))?;
        if !input.is_empty() {
            return Err(input.error("one topic per function"));
        }
        let topic = Self(literal);
        match flaw(&topic.text()) {
            Some(why) => Err(topic.error(why)),
            None => Ok(topic),
        }
    }
}

impl ToTokens for Topic {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.to_tokens(tokens);
    }
}

fn flaw(topic: &str) -> Option<&'static str> {
    if topic.is_empty() {
        Some("a topic is not empty")
    } else if topic.len() > 255 {
        Some("a topic is at most 255 bytes long")
    } else if topic.chars().any(char::is_control) {
        Some("a topic has no control characters")
    } else if topic.contains(['*', '>', '#', '+']) {
        Some("`*`, `>`, `#` and `+` are wildcards; a handler names its topic exactly")
    } else {
        None
    }
}

/// A topic and the function that handles it.
pub(crate) type Route = (Topic, Ident);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_that_no_broker_carries_are_refused() {
        let long = "x".repeat(256);
        for bad in ["", &long, "a\nb", "a.*", "a/>", "a/#", "+"] {
            assert!(flaw(bad).is_some(), "{bad:?}");
        }
        for good in ["ping", "orders.eu/new", &long[1..], "päivä"] {
            assert_eq!(flaw(good), None, "{good:?}");
        }
        for bad in ["", "ping", "1", "\"a\", \"b\"", "b\"a\""] {
            assert!(syn::parse_str::<Topic>(bad).is_err(), "{bad}");
        }
    }
}
