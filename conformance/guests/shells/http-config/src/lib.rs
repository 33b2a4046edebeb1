//! `config`: see `shell-http`.

shell_http::shell!("config-shell", config);
