// Package sdk is the Go SDK of wasi-cloud. There is nothing in it: see its folders.
package sdk

//go:generate bindgen-go ../../wit --world full-service --out . --async --package wasi:keyvalue=keyvalue --package wasi:keyvalue/watcher=keyvalue/watcher --package wasi-cloud:keyvalue=keyvalueext --package wasi:messaging=messaging --package wasi:messaging/incoming-handler=messaging/handler --package wasi:config=config
