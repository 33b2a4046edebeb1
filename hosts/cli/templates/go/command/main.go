// {{name}} adds its argument, or 1, to a counter, and prints the sum.
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
		fmt.Fprintln(os.Stderr, "{{name}}:", err)
		os.Exit(1)
	}
	fmt.Println(sum)
}

// add loses nothing, however many programs add at once.
func add(ctx context.Context, amount int64) (int64, error) {
	bucket, err := keyvalue.Open(ctx, "default")
	if err != nil {
		return 0, err
	}
	defer bucket.Close()
	return bucket.Increment(ctx, "count", amount)
}
