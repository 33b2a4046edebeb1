//! The scripts of the key-value store: one atomic step of the server each.

use redis::Script;

const VERSIONS: &str = include_str!("../lua/versions.lua");

/// All of them, with their digests.
pub(super) struct Scripts {
    pub(super) entry: Script,
    pub(super) put: Script,
    pub(super) delete: Script,
    pub(super) increment: Script,
    pub(super) set_many: Script,
    pub(super) delete_many: Script,
}

impl Default for Scripts {
    fn default() -> Self {
        let script = |body: &str| Script::new(&format!("{VERSIONS}\n{body}"));
        Self {
            entry: script(include_str!("../lua/entry.lua")),
            put: script(include_str!("../lua/put.lua")),
            delete: script(include_str!("../lua/delete.lua")),
            increment: script(include_str!("../lua/increment.lua")),
            set_many: script(include_str!("../lua/set_many.lua")),
            delete_many: script(include_str!("../lua/delete_many.lua")),
        }
    }
}
