;; Calls `get` or `set` as often as asked within one call from outside, so that what is measured is the host's side of a
;; call and next to nothing of the guest's. VERSION is replaced: both drafts have these three functions in common.
(component
  (import "wasi:keyvalue/store@VERSION" (instance $store
    (type $cases (variant (case "no-such-store") (case "access-denied") (case "other" string)))
    (export "error" (type $error (eq $cases)))
    (export "bucket" (type $bucket (sub resource)))
    (export "open" (func (param "identifier" string) (result (result (own $bucket) (error $error)))))
    (export "[method]bucket.get" (func (param "self" (borrow $bucket)) (param "key" string)
      (result (result (option (list u8)) (error $error)))))
    (export "[method]bucket.set" (func (param "self" (borrow $bucket)) (param "key" string) (param "value" (list u8))
      (result (result (error $error)))))))

  ;; Page 0: the label at 0, the key at 16, results at 64. Page 1: the value to set. Page 2: what the host returns.
  (core module $libc
    (memory (export "memory") 3)
    (data (i32.const 0) "default")
    (data (i32.const 16) "key-0001")
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 131072)))
  (core instance $libc (instantiate $libc))
  (alias core export $libc "memory" (core memory $memory))
  (core func $open (canon lower (func $store "open") (memory $memory) (realloc (core func $libc "realloc"))))
  (core func $get
    (canon lower (func $store "[method]bucket.get") (memory $memory) (realloc (core func $libc "realloc"))))
  (core func $set
    (canon lower (func $store "[method]bucket.set") (memory $memory) (realloc (core func $libc "realloc"))))
  (core instance $host
    (export "memory" (memory $memory))
    (export "open" (func $open)) (export "get" (func $get)) (export "set" (func $set)))

  (core module $m
    (import "host" "memory" (memory 3))
    (import "host" "open" (func $open (param i32 i32 i32)))
    (import "host" "get" (func $get (param i32 i32 i32 i32)))
    (import "host" "set" (func $set (param i32 i32 i32 i32 i32 i32)))
    (global $bucket (mut i32) (i32.const 0))

    ;; Opens the label's first so many bytes; whether it did.
    (func (export "open") (param $length i32) (result i32)
      (call $open (i32.const 0) (local.get $length) (i32.const 64))
      (global.set $bucket (i32.load (i32.const 68)))
      (i32.eqz (i32.load8_u (i32.const 64))))

    ;; Whether every one of so many calls was ok.
    (func (export "set") (param $times i32) (param $size i32) (result i32)
      (loop $again
        (if (i32.eqz (local.get $times)) (then (return (i32.const 1))))
        (call $set (global.get $bucket) (i32.const 16) (i32.const 8) (i32.const 65536) (local.get $size) (i32.const 64))
        (if (i32.load8_u (i32.const 64)) (then (return (i32.const 0))))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br $again))
      unreachable)

    ;; Whether every one of so many calls was ok and found a value of this size.
    (func (export "get") (param $times i32) (param $size i32) (result i32)
      (loop $again
        (if (i32.eqz (local.get $times)) (then (return (i32.const 1))))
        (call $get (global.get $bucket) (i32.const 16) (i32.const 8) (i32.const 64))
        (if (i32.or
              (i32.or (i32.load8_u (i32.const 64)) (i32.ne (i32.load8_u (i32.const 68)) (i32.const 1)))
              (i32.ne (i32.load (i32.const 76)) (local.get $size)))
          (then (return (i32.const 0))))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br $again))
      unreachable))
  (core instance $i (instantiate $m (with "host" (instance $host))))
  (func (export "open") (param "length" u32) (result bool) (canon lift (core func $i "open")))
  (func (export "get") (param "times" u32) (param "size" u32) (result bool) (canon lift (core func $i "get")))
  (func (export "set") (param "times" u32) (param "size" u32) (result bool) (canon lift (core func $i "set"))))
