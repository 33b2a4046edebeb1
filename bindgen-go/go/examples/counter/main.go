// Counter adds to a counter by compare-and-swap, so that no addition is lost,
// however many programs add at once.
//
//	wasi-cloud run counter.wasm --link keyvalue:default --grant-linked -- 5
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
)

func main() {
	amount := int64(1)
	var err error
	if len(os.Args) > 1 {
		amount, err = strconv.ParseInt(os.Args[1], 10, 64)
	}
	var sum int64
	if err == nil {
		sum, err = add(context.Background(), amount)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "counter:", err)
		os.Exit(1)
	}
	fmt.Println(sum)
}

func add(ctx context.Context, amount int64) (sum int64, err error) {
	bucket, err := keyvalue.Open(ctx, "default")
	if err != nil {
		return 0, err
	}
	defer bucket.Close()
	err = keyvalue.Update(ctx, bucket, "counter", func(old []byte, ok bool) ([]byte, error) {
		current := int64(0)
		if ok {
			if current, err = strconv.ParseInt(string(old), 10, 64); err != nil {
				return nil, err
			}
		}
		sum = current + amount
		return strconv.AppendInt(nil, sum, 10), nil
	})
	return sum, err
}
