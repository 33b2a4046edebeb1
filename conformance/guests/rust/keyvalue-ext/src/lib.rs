//! Drives `wasi-cloud:keyvalue/extension` through the SDK, beside the plain operations that it must agree with.

mod step;

driver::driver!("keyvalue-ext-driver", keyvalue_ext, State);
