;; A driver of `wasi:keyvalue/store`, as `conformance/wit/keyvalue.wit` has it. The bindings are by hand: what is below is the canonical
;; ABI of both worlds and nothing else. What a driver in another language keeps in variables is in memory:
;;
;;   0x00000  by slot, the handle of the bucket that is in it; 0 is none
;;   0x10000  what the store has answered
;;   0x10040  what is shown of it
;;   0x10080  texts
;;   0x10100  what one operation brings along and is answered, forgotten when it is over
(module
  (import "wasi:keyvalue/store@0.2.0-draft2" "open" (func $store.open (param i32 i32 i32)))
  (import "wasi:keyvalue/store@0.2.0-draft2" "[resource-drop]bucket" (func $bucket.drop (param i32)))
  (import "wasi:keyvalue/store@0.2.0-draft2" "[method]bucket.get" (func $bucket.get (param i32 i32 i32 i32)))
  (import "wasi:keyvalue/store@0.2.0-draft2" "[method]bucket.set" (func $bucket.set (param i32 i32 i32 i32 i32 i32)))
  (import "wasi:keyvalue/store@0.2.0-draft2" "[method]bucket.delete" (func $bucket.delete (param i32 i32 i32 i32)))
  (import "wasi:keyvalue/store@0.2.0-draft2" "[method]bucket.exists" (func $bucket.exists (param i32 i32 i32 i32)))
  (import "wasi:keyvalue/store@0.2.0-draft2" "[method]bucket.list-keys" (func $bucket.list-keys (param i32 i32 i32 i32 i32)))

  (memory (export "memory") 2)
  (data (i32.const 0x10080) "the slot is empty")
  (data (i32.const 0x100a0) "this driver does not carry the operation")

  (global $slots i32 (i32.const 0x4000))
  (global $answer i32 (i32.const 0x10000))
  (global $seen i32 (i32.const 0x10040))
  (global $free (mut i32) (i32.const 0x10100))

  ;; Takes what is free, and more memory where that is not enough.
  (func $realloc (export "cabi_realloc") (param $old i32) (param $was i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32) (local $short i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $at) (local.get $size)))
    (local.set $short (i32.sub (global.get $free) (i32.shl (memory.size) (i32.const 16))))
    (if (i32.gt_s (local.get $short) (i32.const 0))
      (then
        (if (i32.eq (memory.grow (i32.shr_u (i32.add (local.get $short) (i32.const 0xffff)) (i32.const 16))) (i32.const -1))
          (then unreachable))))
    (memory.copy (local.get $at) (local.get $old) (local.get $was))
    (local.get $at))

  (func (export "cabi_post_wasi-cloud:conformance/keyvalue@0.1.0#exec") (param $seen i32)
    (global.set $free (i32.const 0x10100)))

  ;; A case of `seen`; its payload is there already.
  (func $case (param $case i32) (result i32)
    (i32.store8 (global.get $seen) (local.get $case))
    (global.get $seen))

  (func $misused (param $text i32) (param $length i32) (result i32)
    (i32.store offset=8 (global.get $seen) (local.get $text))
    (i32.store offset=12 (global.get $seen) (local.get $length))
    (call $case (i32.const 9)))

  ;; The error that was answered as a `failure`. Of three kinds the first two are the same number on both sides, and the third has a
  ;; text: `other`, after which a write may have been applied.
  (func $failed (param $write i32) (result i32)
    (local $other i32)
    (local.set $other (i32.eq (i32.load8_u offset=4 (global.get $answer)) (i32.const 2)))
    (i32.store8 offset=8 (global.get $seen)
      (select (i32.const 8) (i32.load8_u offset=4 (global.get $answer)) (local.get $other)))
    (i32.store8 offset=9 (global.get $seen) (i32.and (local.get $other) (local.get $write)))
    (i64.store offset=12 align=4 (global.get $seen)
      (select (i64.load offset=8 align=4 (global.get $answer)) (i64.const 0) (local.get $other)))
    (call $case (i32.const 8)))

  ;; What was answered: its error, or this case with what was answered, which is laid out alike on both sides.
  (func $told (param $case i32) (param $write i32) (result i32)
    (if (i32.load8_u (global.get $answer)) (then (return (call $failed (local.get $write)))))
    (memory.copy (i32.add (global.get $seen) (i32.const 8)) (i32.add (global.get $answer) (i32.const 4)) (i32.const 20))
    (call $case (local.get $case)))

  (func $open (param $slot i32) (param $label i32) (param $length i32) (result i32)
    (call $store.open (local.get $label) (local.get $length) (global.get $answer))
    (if (i32.eqz (i32.load8_u (global.get $answer)))
      (then (i32.store (local.get $slot) (i32.load offset=4 (global.get $answer)))))
    (call $told (i32.const 0) (i32.const 0)))

  (func $close (param $slot i32) (result i32)
    (call $bucket.drop (i32.load (local.get $slot)))
    (i32.store (local.get $slot) (i32.const 0))
    (call $case (i32.const 0)))

  ;; Page after page: each begins at the cursor of the answer before it, the first at none.
  (func $all-keys (param $bucket i32) (result i32)
    (local $keys i32) (local $size i32) (local $more i32)
    (i32.store8 offset=12 (global.get $answer) (i32.const 0))
    (loop $page
      (call $bucket.list-keys (local.get $bucket)
        (i32.load8_u offset=12 (global.get $answer))
        (i32.load offset=16 (global.get $answer))
        (i32.load offset=20 (global.get $answer))
        (global.get $answer))
      (if (i32.load8_u (global.get $answer)) (then (return (call $failed (i32.const 0)))))
      (local.set $more (i32.shl (i32.load offset=8 (global.get $answer)) (i32.const 3)))
      (local.set $keys
        (call $realloc (local.get $keys) (local.get $size) (i32.const 4) (i32.add (local.get $size) (local.get $more))))
      (memory.copy
        (i32.add (local.get $keys) (local.get $size)) (i32.load offset=4 (global.get $answer)) (local.get $more))
      (local.set $size (i32.add (local.get $size) (local.get $more)))
      (br_if $page (i32.load8_u offset=12 (global.get $answer))))
    (i32.store offset=8 (global.get $seen) (local.get $keys))
    (i32.store offset=12 (global.get $seen) (i32.shr_u (local.get $size) (i32.const 3)))
    (call $case (i32.const 6)))

  ;; The operations by their numbers; the arguments are those of all of them laid over each other, hence one of 64 bits.
  (func (export "wasi-cloud:conformance/keyvalue@0.1.0#exec")
    (param $op i32) (param $number i32) (param $a i32) (param $b i32) (param $c i64) (param $d i32) (result i32)
    (local $slot i32) (local $bucket i32)
    (if (i32.ge_u (local.get $number) (global.get $slots)) (then unreachable))
    (local.set $slot (i32.shl (local.get $number) (i32.const 2)))
    (if (i32.eqz (local.get $op)) (then (return (call $open (local.get $slot) (local.get $a) (local.get $b)))))
    (local.set $bucket (i32.load (local.get $slot)))
    (if (i32.eqz (local.get $bucket)) (then (return (call $misused (i32.const 0x10080) (i32.const 17)))))
    (block $not-carried
      (block $all-keys
        (block $list-keys
          (block $exists
            (block $delete
              (block $set
                (block $get
                  (block $close
                    (br_table
                      $not-carried $close $get $set $delete $exists $list-keys $not-carried ;; increment
                      $not-carried $not-carried $not-carried $not-carried ;; cas
                      $not-carried $not-carried $not-carried ;; batch
                      $all-keys $not-carried
                      (local.get $op)))
                  (return (call $close (local.get $slot))))
                (call $bucket.get (local.get $bucket) (local.get $a) (local.get $b) (global.get $answer))
                (return (call $told (i32.const 1) (i32.const 0))))
              (call $bucket.set (local.get $bucket)
                (local.get $a) (local.get $b) (i32.wrap_i64 (local.get $c)) (local.get $d) (global.get $answer))
              (return (call $told (i32.const 0) (i32.const 1))))
            (call $bucket.delete (local.get $bucket) (local.get $a) (local.get $b) (global.get $answer))
            (return (call $told (i32.const 0) (i32.const 1))))
          (call $bucket.exists (local.get $bucket) (local.get $a) (local.get $b) (global.get $answer))
          (return (call $told (i32.const 2) (i32.const 0))))
        (call $bucket.list-keys (local.get $bucket)
          (local.get $a) (local.get $b) (i32.wrap_i64 (local.get $c)) (global.get $answer))
        (return (call $told (i32.const 3) (i32.const 0))))
      (return (call $all-keys (local.get $bucket))))
    (call $misused (i32.const 0x100a0) (i32.const 40))))
