module github.com/wasi-cloud/wasi-cloud/bindgen-go/go

go 1.26
