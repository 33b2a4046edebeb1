module example.com/ours

go 1.26

require github.com/wasi-cloud/wasi-cloud/bindgen-go/go v0.0.0

replace github.com/wasi-cloud/wasi-cloud/bindgen-go/go => ../../../../bindgen-go/go
