// Package sdk is the Go SDK of wasi-cloud. There is nothing in it: see its folders.
package sdk

//go:generate bindgen-go ../../wit --world service --out . --async --package wasi:keyvalue=keyvalue --package wasi-cloud:keyvalue=keyvalueext --package wasi:messaging=messaging --package wasi:messaging/incoming-handler=messaging/handler --package wasi:config=config
