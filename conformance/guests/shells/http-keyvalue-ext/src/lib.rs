//! `keyvalue-ext`: see `shell-http`.

shell_http::shell!("keyvalue-ext-shell", keyvalue_ext);
