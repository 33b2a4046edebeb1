//! `export!`, `export_watcher!`, and what the attribute macros expand to.

/// Exports a [`Handler`](crate::messaging::Handler): the host calls it for every message on a subscribed topic
/// (MSG-HAND-01). Once per component.
///
/// Unlike the attributes it records no topics, so the host subscribes to those of its own configuration (MSG-M12). On
/// targets other than wasm it exports nothing.
///
/// ```
/// use wasi_cloud_sdk::{Result, messaging::{Handler, Message}};
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn handle(message: Message) -> Result<()> {
///         let data = message.data();
///         message.reply(Message::new(data))
///     }
/// }
///
/// wasi_cloud_sdk::export!(Echo);
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! export {
    ($handler:ty) => {
        /// Two handlers in one component clash here: a component exports one. Use `#[handlers]` for several topics.
        #[doc(hidden)]
        #[macro_export]
        macro_rules! only_one_handler_per_component_use_handlers_for_several_topics {
            () => {};
        }

        const _: () = {
            const fn is_a_handler<H: $crate::messaging::Handler>() {}
            is_a_handler::<$handler>();

            #[cfg(target_family = "wasm")]
            type Exported = $crate::__private::Exported<$handler>;
            #[cfg(target_family = "wasm")]
    $crate::__private::bindings::export!(Exported with_types_in $crate::__private::bindings);
        };
    };
}

/// Exports a [`Watcher`](crate::keyvalue::Watcher): the host tells it of every change in the buckets that it watches for the
/// component (KV-WATCH-01, KV-WATCH-02). Once per component, which may handle messages as well. On targets other than wasm it
/// exports nothing.
#[macro_export]
macro_rules! export_watcher {
    ($watcher:ty) => {
        const _: () = {
            const fn is_a_watcher<W: $crate::keyvalue::Watcher>() {}
            is_a_watcher::<$watcher>();

            #[cfg(target_family = "wasm")]
            type Watching = $crate::__private::Watching<$watcher>;
            #[cfg(target_family = "wasm")]
    $crate::__private::watching::export!(Watching with_types_in $crate::__private::watching);
        };
    };
}

/// Records topics in the custom section `wasi-cloud:topics`, each with a newline behind it (MSG-M12).
#[doc(hidden)]
#[macro_export]
macro_rules! __topics {
    ($($topic:literal)*) => {
        #[cfg(target_family = "wasm")]
        const _: () = {
            const TOPICS: &str = ::core::concat!($($topic, "\n"),*);

            #[used]
            #[unsafe(link_section = "wasi-cloud:topics")]
            static SECTION: [u8; TOPICS.len()] = {
                let mut bytes = [0; TOPICS.len()];
                bytes.copy_from_slice(TOPICS.as_bytes());
                bytes
            };
        };
    };
}
