//go:build !fake

package handler

import "unsafe"

// recorded is {ptr, len} of the topics' text, which stays reachable through it.
var recorded struct {
	ptr, len uint32
	text     string
}

// topics is called when the component is made, and not later: what it returns
// becomes the section wasi-cloud:topics, and the host's default subscription.
//
//go:wasmexport wasi-cloud:topics
func topics() int32 {
	recorded.text = lines()
	recorded.ptr = uint32(uintptr(unsafe.Pointer(unsafe.StringData(recorded.text))))
	recorded.len = uint32(len(recorded.text))
	return int32(uintptr(unsafe.Pointer(&recorded)))
}
