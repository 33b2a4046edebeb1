//! `keyvalue`: see `shell-http`.

shell_http::shell!("keyvalue-shell", keyvalue);
