//! Bugs as C programs have them, of which each must be seen.

/// One text of the SDK's sources, which occurs once, and what a bug has there.
#[derive(Debug)]
pub struct Bug {
    pub file: &'static str,
    pub find: &'static str,
    pub replace: &'static str,
    /// A clause whose cases meet it.
    pub clause: &'static str,
    pub seen: Seen,
}

/// Who sees a bug.
#[derive(Debug, PartialEq, Eq)]
pub enum Seen {
    /// A case that cites the clause fails.
    Case,
    /// The program ends with this, where it has sanitizers.
    Sanitizers(&'static str),
    /// The program ends with this.
    Program(&'static str),
}

pub const BUGS: [Bug; 8] = [
    // An empty value is missing.
    Bug {
        file: "keyvalue.c",
        find: "if (value.is_some) *out",
        replace: "if (value.is_some && value.val.len > 0) *out",
        clause: "KV-STORE-S06",
        seen: Seen::Case,
    },
    // One kind of error is taken for another.
    Bug {
        file: "keyvalue.c",
        find: "return wcl_fail(WCL_NOT_FOUND,",
        replace: "return wcl_fail(WCL_OTHER,",
        clause: "KV-STORE-02",
        seen: Seen::Case,
    },
    // A write that may have happened did not.
    Bug {
        file: "keyvalue_ext.c",
        find: "== WCL_GEN_EXTENSION_APPLIED_MAYBE",
        replace: "== 2",
        clause: "KVX-62",
        seen: Seen::Case,
    },
    // The last key of a page is lost, and with it its memory.
    Bug {
        file: "keyvalue_list.c",
        find: ".count = keys.len}",
        replace: ".count = keys.len - (keys.len > 0)}",
        clause: "KV-STORE-12",
        seen: Seen::Case,
    },
    // A handle is never given back.
    Bug {
        file: "keyvalue.c",
        find: "wcl_gen_store_bucket_drop_own((wcl_gen_store_own_bucket_t){bucket->handle});",
        replace: "",
        clause: "KV-STORE-04",
        seen: Seen::Program("handles are open"),
    },
    // Freed twice.
    Bug {
        file: "take.c",
        find: "  free(bytes->ptr);",
        replace: "  free(bytes->ptr), free(bytes->ptr);",
        clause: "KV-STORE-04",
        seen: Seen::Sanitizers("attempting double-free"),
    },
    // No place for the zero behind a text.
    Bug {
        file: "take.c",
        find: "text.len + 1)",
        replace: "text.len)",
        clause: "KV-STORE-12",
        seen: Seen::Sanitizers("heap-buffer-overflow"),
    },
    // Never freed.
    Bug {
        file: "keyvalue_list.c",
        find: "  free(page->keys);",
        replace: "",
        clause: "KV-STORE-12",
        seen: Seen::Sanitizers("LeakSanitizer"),
    },
];
