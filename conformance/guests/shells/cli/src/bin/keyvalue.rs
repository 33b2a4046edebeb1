//! `keyvalue`: see the library.

shell::shell!("keyvalue-shell", keyvalue);
