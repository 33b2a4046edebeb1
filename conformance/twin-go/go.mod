// Built by tests/twin.
module github.com/wasi-cloud/wasi-cloud/conformance/twin-go

go 1.26

require (
	github.com/wasi-cloud/wasi-cloud/bindgen-go/go v0.0.0
	github.com/wasi-cloud/wasi-cloud/conformance/guests/go v0.0.0
)

replace (
	github.com/wasi-cloud/wasi-cloud/bindgen-go/go => ../../bindgen-go/go
	github.com/wasi-cloud/wasi-cloud/conformance/guests/go => ../guests/go
)
