;; Our configuration on a host that links it as `wasi:config@0.2.0-draft`, as wasmCloud 1 does: the same functions.
(component
  (import "wasi:config/store@0.2.0-draft" (instance $theirs
    (type $cases (variant (case "upstream" string) (case "io" string)))
    (export "error" (type $error (eq $cases)))
    (type $value (result (option string) (error $error)))
    (export "get" (func (param "key" string) (result $value)))
    (type $pairs (result (list (tuple string string)) (error $error)))
    (export "get-all" (func (result $pairs)))))
  (export "wasi:config/store@0.2.0-rc.1" (instance $theirs)))
