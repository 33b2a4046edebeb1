// Built by `cloud-conformance build`, with exactly this toolchain.
module github.com/wasi-cloud/wasi-cloud/conformance/guests/go

go 1.26

toolchain go1.26.8

require github.com/wasi-cloud/wasi-cloud/bindgen-go/go v0.0.0

replace github.com/wasi-cloud/wasi-cloud/bindgen-go/go => ../../../bindgen-go/go
