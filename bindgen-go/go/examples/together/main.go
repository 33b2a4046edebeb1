// Together uses the SDK and a WIT of its own in one program. A program has one
// runtime, so the code for its own WIT is generated with --runtime.
//
//	wasi-cloud run together.wasm --link keyvalue:default --grant-linked --invoke 'greet("Ada")'
package main

//go:generate bindgen-go wit --world greeter --out gen --package example:together=together --runtime github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit

import (
	"context"
	"fmt"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/examples/together/gen/together"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
)

func init() { together.Handle(together.HandlerFunc(greet)) }

func greet(ctx context.Context, name string) (string, error) {
	bucket, err := keyvalue.Open(ctx, "default")
	if err != nil {
		return "", err
	}
	defer bucket.Close()
	count, err := bucket.Increment(ctx, "greetings", 1)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("Hello, %s! This is greeting %d.", name, count), nil
}

func main() {}
