module github.com/wasi-cloud/wasi-cloud/conformance/adapters/go

go 1.26
