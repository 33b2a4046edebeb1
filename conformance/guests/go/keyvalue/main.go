// The driver of wasi:keyvalue: a component that the suite tells what to do.
package main

import (
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue/line"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue/step"
)

func init() { line.Handle(new(step.State)) }

func main() {}
