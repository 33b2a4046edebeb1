//! The Go runtime package, which is emitted with the code and never fetched.

/// Its files.
pub(crate) const FILES: &[(&str, &str)] = &[
    ("doc.go", include_str!("../runtime/doc.go")),
    ("error.go", include_str!("../runtime/error.go")),
    ("exported.go", include_str!("../runtime/exported.go")),
    ("lift_wasip1.go", include_str!("../runtime/lift_wasip1.go")),
    ("memory_wasip1.go", include_str!("../runtime/memory_wasip1.go")),
    ("resource.go", include_str!("../runtime/resource.go")),
    ("scope_wasip1.go", include_str!("../runtime/scope_wasip1.go")),
    ("text.go", include_str!("../runtime/text.go")),
    ("value.go", include_str!("../runtime/value.go")),
];
