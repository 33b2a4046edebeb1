//! `messaging`: see the library.

shell::shell!("messaging-shell", messaging);
