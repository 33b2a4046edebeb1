// The driver of wasi:config: a component that the suite tells what to do.
package main

import (
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/config/line"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/config/step"
)

func init() { line.Handle(new(step.State)) }

func main() {}
