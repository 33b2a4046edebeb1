//! Drives `wasi:keyvalue` (store, atomics, batch) through the SDK.

mod step;

driver::driver!("keyvalue-driver", keyvalue, State);
