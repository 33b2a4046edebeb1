//! Bugs of the C SDK that its certificate must not survive.

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

/// Enough to see that the certificate can be refused: `mutants/sdk-c.toml` and `sdk-c/tests/defects.rs` have many more.
pub const BUGS: [Bug; 4] = [
    // One kind of error is taken for another.
    Bug {
        file: "keyvalue.c",
        find: "return wcl_fail(WCL_NOT_FOUND,",
        replace: "return wcl_fail(WCL_OTHER,",
        clause: "KV-STORE-02",
        seen: Seen::Case,
    },
    // A handle is never given back.
    Bug {
        file: "keyvalue.c",
        find: "wcl_gen_store_bucket_drop_own((wcl_gen_store_own_bucket_t){bucket->handle});",
        replace: "",
        clause: "KV-STORE-S06",
        seen: Seen::Program("handles are open"),
    },
    // There is no room for the zero behind a text.
    Bug {
        file: "take.c",
        find: "text.len + 1)",
        replace: "text.len)",
        clause: "CFG-STORE-01",
        seen: Seen::Sanitizers("heap-buffer-overflow"),
    },
    // A list is never freed.
    Bug {
        file: "keyvalue_list.c",
        find: "  free(page->keys.ptr);",
        replace: "",
        clause: "KV-STORE-13",
        seen: Seen::Sanitizers("LeakSanitizer"),
    },
];
