// The driver of wasi-cloud:keyvalue: a component that the suite tells what to do.
package main

import (
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue-ext/line"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue-ext/step"
)

func init() { line.Handle(new(step.State)) }

func main() {}
