//! Drives `wasi:messaging` (types, producer, request-reply) through the SDK.

mod step;

driver::driver!("messaging-driver", messaging, State);
