//! Bugs of the SDKs in C and Go that their certificates must not survive.

/// One text of an SDK's sources, which occurs once, and what a bug has there.
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

/// The same for Go: in what guests run, and in the fakes.
pub const GO_BUGS: [Bug; 8] = [
    // One kind of error is taken for another.
    Bug {
        file: "keyvalue/errors.go",
        find: "return kind.NotFound",
        replace: "return kind.Other",
        clause: "KV-STORE-02",
        seen: Seen::Case,
    },
    // What may have been applied is said not to be.
    Bug {
        file: "keyvalueext/errors.go",
        find: "told.Value.Applied == AppliedMaybe",
        replace: "told.Value.Applied == AppliedNo",
        clause: "KVX-62",
        seen: Seen::Case,
    },
    // An update forgets what was there.
    Bug {
        file: "keyvalue/update.go",
        find: "value, err := change(old, ok)",
        replace: "_ = old\n\tvalue, err := change(nil, ok)",
        clause: "KV-ATOM-11",
        seen: Seen::Case,
    },
    // A version comes back.
    Bug { file: "internal/fake/store.go", find: "\ts.written++\n", replace: "", clause: "KVX-05", seen: Seen::Case },
    // A key lives for ever.
    Bug {
        file: "internal/fake/store.go",
        find: "present && found.deadline <= s.now && found.deadline != forever",
        replace: "false",
        clause: "KVX-31",
        seen: Seen::Case,
    },
    // Pages lose their last key.
    Bug {
        file: "internal/fake/bucket.go",
        find: "return Page{keys[:size], &next}, nil",
        replace: "return Page{keys[:size-1], &next}, nil",
        clause: "KV-STORE-12",
        seen: Seen::Case,
    },
    // A revocation does not reach open handles.
    Bug {
        file: "internal/fake/host.go",
        find: "h.grants = grants",
        replace: "h.grants = append(h.grants, grants...)",
        clause: "KV-STORE-03",
        seen: Seen::Case,
    },
    // A wildcard is a topic to send to.
    Bug {
        file: "internal/fake/broker.go",
        find: "strings.ContainsAny(topic, \"*>#+\")",
        replace: "false",
        clause: "MSG-M07",
        seen: Seen::Case,
    },
];
