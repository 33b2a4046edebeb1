//! Components in text, so that these tests need no guest toolchain.

#![allow(dead_code, reason = "each test file uses some")]

/// A command without imports whose `run` is `body`; it leaves 0 for ok or 1 for an error.
pub fn command(body: &str) -> Vec<u8> {
    assemble(&format!(
        r#"(component
            (core module $m (memory 1) (func (export "run") (result i32) {body}))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    ))
}

/// A command that can `(call $open)` the bucket `default`, which leaves 0 for ok, or the case of the error plus 1.
pub fn opener(body: &str) -> Vec<u8> {
    assemble(&format!(
        r#"(component
            (import "wasi:keyvalue/store@0.2.0-draft2" (instance $store
                (type $cases (variant (case "no-such-store") (case "access-denied") (case "other" string)))
                (export "error" (type $error (eq $cases)))
                (export "bucket" (type $bucket (sub resource)))
                (export "open" (func (param "identifier" string) (result (result (own $bucket) (error $error)))))))
            (core module $libc
                (memory (export "memory") 1)
                (data (i32.const 16) "default")
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
            (core instance $libc (instantiate $libc))
            (alias core export $libc "memory" (core memory $memory))
            (core func $open (canon lower (func $store "open")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core instance $imports (export "open" (func $open)) (export "memory" (memory $memory)))
            (core module $m
                (import "host" "memory" (memory 1))
                (import "host" "open" (func $host (param i32 i32 i32)))
                (func $open (result i32)
                    (call $host (i32.const 16) (i32.const 7) (i32.const 64))
                    (if (result i32) (i32.load8_u (i32.const 64))
                        (then (i32.add (i32.const 1) (i32.load8_u (i32.const 68))))
                        (else (i32.const 0))))
                (func (export "run") (result i32) (local $seen i32) {body}))
            (core instance $i (instantiate $m (with "host" (instance $imports))))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    ))
}

/// A command that opens the bucket `default`, gets the key `k`, and succeeds if both are ok.
pub fn getter() -> Vec<u8> {
    assemble(
        r#"(component
            (import "wasi:keyvalue/store@0.2.0-draft2" (instance $store
                (type $cases (variant (case "no-such-store") (case "access-denied") (case "other" string)))
                (export "error" (type $error (eq $cases)))
                (export "bucket" (type $bucket (sub resource)))
                (export "[method]bucket.get" (func (param "self" (borrow $bucket)) (param "key" string)
                    (result (result (option (list u8)) (error $error)))))
                (export "open" (func (param "identifier" string) (result (result (own $bucket) (error $error)))))))
            (core module $libc
                (memory (export "memory") 1)
                (data (i32.const 16) "default")
                (data (i32.const 32) "k")
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
            (core instance $libc (instantiate $libc))
            (alias core export $libc "memory" (core memory $memory))
            (core func $open (canon lower (func $store "open")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core func $get (canon lower (func $store "[method]bucket.get")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core instance $imports
                (export "open" (func $open)) (export "get" (func $get)) (export "memory" (memory $memory)))
            (core module $m
                (import "host" "memory" (memory 1))
                (import "host" "open" (func $open (param i32 i32 i32)))
                (import "host" "get" (func $get (param i32 i32 i32 i32)))
                (func (export "run") (result i32)
                    (call $open (i32.const 16) (i32.const 7) (i32.const 64))
                    (if (i32.load8_u (i32.const 64)) (then (return (i32.const 1))))
                    (call $get (i32.load (i32.const 68)) (i32.const 32) (i32.const 1) (i32.const 96))
                    (i32.load8_u (i32.const 96))))
            (core instance $i (instantiate $m (with "host" (instance $imports))))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#,
    )
}

/// A command of so many core instances with a memory each, which ends at once.
pub fn parts(count: usize) -> Vec<u8> {
    let part = |number| format!("(core module $p{number} (memory 1)) (core instance (instantiate $p{number}))");
    let parts: String = (0..count).map(part).collect();
    assemble(&format!(
        r#"(component {parts}
            (core module $m (func (export "run") (result i32) (i32.const 0)))
            (core instance $i (instantiate $m))
            (func $run (result (result)) (canon lift (core func $i "run")))
            (instance $exported (export "run" (func $run)))
            (export "wasi:cli/run@0.2.0" (instance $exported)))"#
    ))
}

/// A handler that does what the first byte of the message says: `o`k, `e`rror, `t`rap, `l`oop for ever, or `f`irst: an error
/// unless it is the first message that the instance handles.
pub fn handler() -> Vec<u8> {
    assemble(
        r#"(component
            (import "wasi:messaging/types@0.2.0-draft" (instance $types
                (type $cases (variant
                    (case "timeout") (case "connection" string) (case "permission-denied" string) (case "other" string)))
                (export "error" (type $error (eq $cases)))
                (export "message" (type $message (sub resource)))
                (export "[method]message.data" (func (param "self" (borrow $message)) (result (list u8))))))
            (alias export $types "message" (type $message))
            (alias export $types "error" (type $error))
            (core module $libc
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024)))
            (core instance $libc (instantiate $libc))
            (alias core export $libc "memory" (core memory $memory))
            (core func $data (canon lower (func $types "[method]message.data")
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))))
            (core instance $imports (export "data" (func $data)) (export "memory" (memory $memory)))
            (core module $m
                (import "host" "memory" (memory 1))
                (import "host" "data" (func $data (param i32 i32)))
                (global $handled (mut i32) (i32.const 0))
                (func (export "handle") (param $message i32) (result i32) (local $word i32)
                    (global.set $handled (i32.add (global.get $handled) (i32.const 1)))
                    (call $data (local.get $message) (i32.const 64))
                    (local.set $word (i32.load8_u (i32.load (i32.const 64))))
                    (if (i32.eq (local.get $word) (i32.const 0x74)) (then unreachable))
                    (if (i32.eq (local.get $word) (i32.const 0x6c)) (then (loop (br 0))))
                    (i32.store8 (i32.const 128) (i32.or
                        (i32.eq (local.get $word) (i32.const 0x65))
                        (i32.and (i32.eq (local.get $word) (i32.const 0x66)) (i32.ne (global.get $handled) (i32.const 1)))))
                    (i32.const 128)))
            (core instance $i (instantiate $m (with "host" (instance $imports))))
            (func $handle (param "message" (own $message)) (result (result (error $error)))
                (canon lift (core func $i "handle") (memory (core memory $libc "memory"))))
            (component $shape
                (import "message" (type $message (sub resource)))
                (type $cases (variant
                    (case "timeout") (case "connection" string) (case "permission-denied" string) (case "other" string)))
                (import "error" (type $error (eq $cases)))
                (import "handle" (func $handle (param "message" (own $message)) (result (result (error $error)))))
                (export $m "message" (type $message))
                (export $e "error" (type $error))
                (export "handle" (func $handle) (func (param "message" (own $m)) (result (result (error $e))))))
            (instance $exported (instantiate $shape
                (with "message" (type $message)) (with "error" (type $error)) (with "handle" (func $handle))))
            (export "wasi:messaging/incoming-handler@0.2.0-draft" (instance $exported)))"#,
    )
}

pub fn assemble(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|e| panic!("{e}"))
}

/// A store in this process.
pub fn memory() -> std::sync::Arc<dyn wasi_cloud_core::keyvalue::KeyValue> {
    wasi_cloud_memory::Memory::new().services().keyvalue.expect("key-value")
}
