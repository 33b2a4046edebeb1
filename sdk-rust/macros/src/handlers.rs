//! What the attributes expand to: a dispatcher by topic, its export, and the list of topics.

use crate::topic::{Route, Topic};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeSet;
use syn::{Error, Item, ItemFn, ItemMod, Result};

/// The handler type `name`, which exists already: dispatches to `routes`, is exported, and lists its topics.
pub(crate) fn handler(name: &TokenStream, routes: &[Route]) -> TokenStream {
    let sdk = quote!(::wasi_cloud_sdk);
    let topics = routes.iter().map(|(topic, _)| topic);
    let arms = routes.iter().map(|(topic, function)| {
        quote!(::core::option::Option::Some(#topic) => #sdk::__private::outcome(#function(message)))
    });
    quote! {
        impl #sdk::messaging::Handler for #name {
            fn handle(message: #sdk::messaging::Message) -> #sdk::Result<()> {
                match message.topic().as_deref() {
                    #(#arms,)*
                    _ => ::core::result::Result::Err(#sdk::__private::unhandled(&message)),
                }
            }
        }

        #sdk::export!(#name);
        #sdk::__topics!(#(#topics)*);
    }
}

/// `#[handlers]` on a module.
pub(crate) fn module(mut module: ItemMod) -> Result<TokenStream> {
    let Some((_, items)) = &mut module.content else {
        return Err(Error::new(module.ident.span(), "`#[handlers]` needs the module's body here: `mod topics { .. }`"));
    };
    let routes = routes(items)?;
    if routes.is_empty() {
        let why = "no function here has `#[on_message(\"..\")]`";
        return Err(Error::new(module.ident.span(), why));
    }
    let handler = handler(&quote!(Handlers), &routes);
    items.push(Item::Verbatim(quote! {
        /// Handles the messages of all topics in this module.
        #[derive(Debug)]
        pub struct Handlers;
        #handler
    }));
    Ok(quote!(#module))
}

/// Takes the attributes off, and says which function handles which topic.
fn routes(items: &mut [Item]) -> Result<Vec<Route>> {
    let mut routes = Vec::new();
    let mut seen = BTreeSet::new();
    for item in items {
        let Item::Fn(function) = item else { continue };
        let Some(topic) = take_topic(function)? else { continue };
        if !seen.insert(topic.text()) {
            return Err(topic.error("another function in this module handles this topic"));
        }
        routes.push((topic, function.sig.ident.clone()));
    }
    Ok(routes)
}

fn take_topic(function: &mut ItemFn) -> Result<Option<Topic>> {
    let is_ours =
        |attribute: &syn::Attribute| attribute.path().segments.last().is_some_and(|last| last.ident == "on_message");
    let (ours, others) = std::mem::take(&mut function.attrs).into_iter().partition::<Vec<_>, _>(is_ours);
    function.attrs = others;
    match &ours[..] {
        [] => Ok(None),
        [attribute] => attribute.parse_args().map(Some),
        [..] => Err(Error::new(function.sig.ident.span(), "one topic per function")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn error(module: ItemMod) -> String {
        self::module(module).expect_err("refused").to_string()
    }

    #[test]
    fn a_module_that_cannot_dispatch_is_refused() {
        assert!(
            error(parse_quote!(
                mod topics;
            ))
            .contains("body")
        );
        assert!(
            error(parse_quote!(
                mod topics {
                    fn helper() {}
                }
            ))
            .contains("no function")
        );
        let twice = parse_quote!(
            mod topics {
                #[on_message("a")]
                fn a() {}
                #[on_message("a")]
                fn b() {}
            }
        );
        assert!(error(twice).contains("another function"));
        let both = parse_quote!(
            mod topics {
                #[on_message("a")]
                #[on_message("b")]
                fn a() {}
            }
        );
        assert!(error(both).contains("one topic"));
    }

    #[test]
    fn the_attributes_go_and_the_rest_stays() {
        let mut items: Vec<Item> = vec![
            parse_quote!(
                #[doc = "x"]
                #[wasi_cloud_sdk::on_message("a")]
                fn a() {}
            ),
            parse_quote!(
                fn helper() {}
            ),
        ];
        let routes = routes(&mut items).expect("routes");
        assert_eq!(
            routes.iter().map(|(t, f)| (t.text(), f.to_string())).collect::<Vec<_>>(),
            [("a".to_owned(), "a".to_owned())]
        );
        let left = quote!(#(#items)*).to_string();
        assert!(left.contains("doc") && left.contains("helper") && !left.contains("on_message"), "{left}");
    }
}
