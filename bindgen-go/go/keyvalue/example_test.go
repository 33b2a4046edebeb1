package keyvalue_test

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// begin starts a fake, since examples run without a host. In a test it is
// keyvaluetest.New(t).
func begin(options ...cloudtest.Option) (context.Context, *keyvaluetest.Fake) {
	kv, err := keyvaluetest.Start(options...)
	if err != nil {
		panic(err)
	}
	return context.Background(), kv
}

func Example() {
	ctx, kv := begin()
	defer kv.Close()

	bucket, err := keyvalue.Open(ctx, "default")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bucket.Close()
	if err := bucket.Set(ctx, "greeting", []byte("hello")); err != nil {
		fmt.Println(err)
		return
	}
	value, ok, err := bucket.Get(ctx, "greeting")
	fmt.Printf("%s %v %v\n", value, ok, err)
	visits, err := bucket.Increment(ctx, "visits", 1)
	fmt.Println(visits, err)
	// Output:
	// hello true <nil>
	// 1 <nil>
}

func ExampleUpdate() {
	ctx, kv := begin()
	defer kv.Close()
	bucket, _ := keyvalue.Open(ctx, "default")

	line := func(text string) error {
		return keyvalue.Update(ctx, bucket, "log", func(old []byte, _ bool) ([]byte, error) {
			return append(old, text+"\n"...), nil
		})
	}
	fmt.Println(line("one line"), line("one more"))
	log, _, _ := bucket.Get(ctx, "log")
	fmt.Print(string(log))
	// Output:
	// <nil> <nil>
	// one line
	// one more
}

func ExampleBucket_Keys() {
	ctx, kv := begin()
	defer kv.Close()
	bucket, _ := keyvalue.Open(ctx, "default")
	pairs := []wit.Tuple2[string, []byte]{{F0: "a", F1: []byte("1")}, {F0: "b", F1: []byte("2")}}
	_ = bucket.SetMany(ctx, pairs)

	var keys []string
	for key, err := range bucket.Keys(ctx) {
		if err != nil {
			fmt.Println(err)
			return
		}
		keys = append(keys, key)
	}
	// In any order, and a key may come twice (KV-STORE-15, KV-STORE-S11).
	slices.Sort(keys)
	fmt.Println(slices.Compact(keys))
	// Output:
	// [a b]
}

func ExampleSetJSON() {
	ctx, kv := begin()
	defer kv.Close()
	bucket, _ := keyvalue.Open(ctx, "default")

	type order struct{ Cups int }
	err := keyvalue.SetJSON(ctx, bucket, "order", order{Cups: 2})
	read, ok, _ := keyvalue.GetJSON[order](ctx, bucket, "order")
	fmt.Println(err, read.Cups, ok)
	// Output:
	// <nil> 2 true
}

func ExampleError() {
	ctx, kv := begin(cloudtest.WithUnlinked("backup"))
	defer kv.Close()

	_, err := keyvalue.Open(ctx, "backup")
	fmt.Println(err)
	fmt.Println(errors.Is(err, keyvalue.ErrNoSuchStore), errors.Is(err, kind.NotFound))
	if failed := (*keyvalue.Error)(nil); errors.As(err, &failed) {
		fmt.Println(failed.Op, failed.Key)
	}
	// Output:
	// keyvalue: open backup: no such store
	// true true
	// open backup
}
