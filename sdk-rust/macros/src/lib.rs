//! The attribute macros of `wasi-cloud-sdk`, which documents and re-exports them.

mod handlers;
mod topic;

use proc_macro::TokenStream;
use quote::quote;
use syn::{ItemFn, ItemMod, parse_macro_input};
use topic::Topic;

/// Makes a function the handler of one topic, and the component one that serves.
///
/// The function takes a `Message` and returns `Result<(), E>`, where `E` is the SDK's `Error` or whatever else can be
/// displayed: a `String`, a boxed error, an `anyhow::Error` (with its causes). The text of an error goes to the host, and
/// where the broker redelivers the message comes again (MSG-M05). A message on any other topic is an error.
///
/// The topic is recorded in the component, and hosts subscribe to it unless their configuration names others
/// (MSG-M12). It is 1 to 255 bytes without control characters and wildcards (MSG-M07).
///
/// A component exports one handler, so this attribute stands once in a component; for several topics, put the
/// functions into a module with [`#[handlers]`](macro@handlers). The function itself stays as it is: call it in tests.
///
/// ```
/// use wasi_cloud_sdk::{Result, messaging::{self, Message}, on_message, testing::Cloud};
///
/// #[on_message("ping")]
/// fn ping(message: Message) -> Result<()> {
///     messaging::publish("pong", message.data())
/// }
///
/// # fn main() -> Result<()> {
/// let cloud = Cloud::new();
/// cloud.deliver("ping", ping, "hello")?;
/// assert_eq!(cloud.published()[0].data, b"hello");
/// # Ok(()) }
/// ```
#[proc_macro_attribute]
pub fn on_message(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let topic = parse_macro_input!(attribute as Topic);
    let function = parse_macro_input!(item as ItemFn);
    let handler = handlers::handler(&quote!(__OnMessage), &[(topic, function.sig.ident.clone())]);
    quote! {
        #function

        const _: () = {
            struct __OnMessage;
            #handler
        };
    }
    .into()
}

/// Makes the functions of an inline module that have `#[on_message("topic")]` the handlers of their topics.
///
/// All that [`#[on_message]`](macro@on_message) says holds for each. The module gets a public type `Handlers`, whose
/// `Handler::handle` dispatches by topic as the component does; tests can deliver to it.
///
/// ```
/// use wasi_cloud_sdk::{Result, handlers, messaging::Handler, testing::Cloud};
///
/// #[handlers]
/// mod topics {
///     use wasi_cloud_sdk::{Result, keyvalue::Bucket, messaging::Message};
///
///     #[on_message("deposits")]
///     fn deposit(message: Message) -> Result<()> {
///         Bucket::open("default")?.increment("balance", message.data().len() as i64).map(drop)
///     }
///
///     #[on_message("resets")]
///     fn reset(_: Message) -> Result<()> {
///         Bucket::open("default")?.delete("balance")
///     }
/// }
///
/// # fn main() -> Result<()> {
/// let cloud = Cloud::new();
/// cloud.deliver("deposits", topics::Handlers::handle, "12345")?;
/// assert!(cloud.deliver("refunds", topics::Handlers::handle, "").is_err());
/// # Ok(()) }
/// ```
#[proc_macro_attribute]
pub fn handlers(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let _ = parse_macro_input!(attribute as syn::parse::Nothing);
    let module = parse_macro_input!(item as ItemMod);
    handlers::module(module).unwrap_or_else(|error| error.to_compile_error()).into()
}
