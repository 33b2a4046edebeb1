// The driver of wasi:messaging: a component that the suite tells what to do.
package main

import (
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/messaging/line"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/messaging/step"
)

func init() { line.Handle(new(step.State)) }

func main() {}
