package watcher_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/watcher"
)

func init() { watcher.Handle(mirror{}) }

type mirror struct{}

func (mirror) OnSet(bucket *keyvalue.Bucket, key string, value []byte) {
	defer bucket.Close()
	// It is told of what it writes itself, too.
	if !strings.HasPrefix(key, "mirror.") {
		_ = bucket.Set(context.Background(), "mirror."+key, value)
	}
}

func (mirror) OnDelete(bucket *keyvalue.Bucket, key string) {
	defer bucket.Close()
	_ = bucket.Delete(context.Background(), "mirror."+key)
}

func ExampleHandle() {
	// In a test this is keyvaluetest.New(t).
	store, err := keyvaluetest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer store.Close()

	open := func() *keyvalue.Bucket {
		bucket, err := keyvalue.Open(context.Background(), "default")
		if err != nil {
			fmt.Println(err)
		}
		return bucket
	}
	mirror{}.OnSet(open(), "colour", []byte("red"))
	value, _, _ := open().Get(context.Background(), "mirror.colour")
	fmt.Println(string(value))
	// Output:
	// red
}
