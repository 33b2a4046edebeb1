//! `config`: see the library.

shell::shell!("config-shell", config);
