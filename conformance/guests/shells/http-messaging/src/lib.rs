//! `messaging`: see `shell-http`.

shell_http::shell!("messaging-shell", messaging);
