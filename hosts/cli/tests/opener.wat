;; A command that opens the bucket `default`: it exits with 0, or with 1 if that was denied, and traps at another error.
(component
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
  (core instance $host (export "open" (func $open)) (export "memory" (memory $memory)))
  (core module $m
    (import "host" "memory" (memory 1))
    (import "host" "open" (func $open (param i32 i32 i32)))
    (func (export "run") (result i32)
      (call $open (i32.const 16) (i32.const 7) (i32.const 64))
      (if (i32.eqz (i32.load8_u (i32.const 64))) (then (return (i32.const 0))))
      (if (i32.ne (i32.load8_u (i32.const 68)) (i32.const 1)) (then unreachable))
      (i32.const 1)))
  (core instance $i (instantiate $m (with "host" (instance $host))))
  (func $run (result (result)) (canon lift (core func $i "run")))
  (instance $exported (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $exported)))
