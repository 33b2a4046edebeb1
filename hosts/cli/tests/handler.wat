;; Takes every message for handled, and records the topic `ping`.
(component
  (import "wasi:messaging/types@0.2.0-draft" (instance $types
    (type $cases (variant
      (case "timeout") (case "connection" string) (case "permission-denied" string) (case "other" string)))
    (export "error" (type $error (eq $cases)))
    (export "message" (type $message (sub resource)))))
  (alias export $types "message" (type $message))
  (alias export $types "error" (type $error))
  (core module $m (@custom "wasi-cloud:topics" "ping\n")
    (memory (export "memory") 1)
    (func (export "handle") (param i32) (result i32) (i32.const 64)))
  (core instance $i (instantiate $m))
  (func $handle (param "message" (own $message)) (result (result (error $error)))
    (canon lift (core func $i "handle") (memory (core memory $i "memory"))))
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
  (export "wasi:messaging/incoming-handler@0.2.0-draft" (instance $exported)))
