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

/// What only a world with async functions, streams or futures needs.
pub(crate) const ASYNC: &[(&str, &str)] = &[
    ("future_wasip1.go", include_str!("../runtime/future_wasip1.go")),
    ("stream_wasip1.go", include_str!("../runtime/stream_wasip1.go")),
    ("task_wasip1.go", include_str!("../runtime/task_wasip1.go")),
    ("timer_wasip1.go", include_str!("../runtime/timer_wasip1.go")),
    ("trailer_wasip1.go", include_str!("../runtime/trailer_wasip1.go")),
    ("wait_wasip1.go", include_str!("../runtime/wait_wasip1.go")),
];

/// Timers where the world has `wait-for` of wasi:clocks, whose version is to be put in.
pub(crate) const TIMERS_THAT_WAIT: (&str, &str) =
    ("timer_wait_wasip1.go", include_str!("../runtime/timer_wait_wasip1.go"));

/// Timers where it has not.
pub(crate) const TIMERS_THAT_POLL: (&str, &str) =
    ("timer_poll_wasip1.go", include_str!("../runtime/timer_poll_wasip1.go"));
