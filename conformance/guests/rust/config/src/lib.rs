//! Drives `wasi:config` through the SDK.

mod step;

driver::driver!("config-driver", config);
