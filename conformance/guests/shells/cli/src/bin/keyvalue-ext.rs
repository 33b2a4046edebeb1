//! `keyvalue-ext`: see the library.

shell::shell!("keyvalue-ext-shell", keyvalue_ext);
