package keyvalueext_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalueext"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// Who is first is the leader, until the lease is over.
func ExamplePut() {
	// In a test this is keyvaluetest.New(t).
	kv, err := keyvaluetest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer kv.Close()
	ctx := context.Background()
	bucket, _ := keyvalue.Open(ctx, "default")

	lease := keyvalueext.Options(keyvalueext.IfAbsent(), keyvalueext.TTL(30*time.Second))
	version, err := keyvalueext.Put(ctx, bucket, "leader", []byte("me"), lease)
	fmt.Println(err)
	_, err = keyvalueext.Put(ctx, bucket, "leader", []byte("you"), lease)
	fmt.Println(errors.Is(err, kind.Conflict))

	renewed := keyvalueext.Options(keyvalueext.IfVersion(version), keyvalueext.TTL(30*time.Second))
	_, err = keyvalueext.Put(ctx, bucket, "leader", []byte("me again"), renewed)
	fmt.Println(err)

	kv.Advance(30 * time.Second)
	_, err = keyvalueext.Put(ctx, bucket, "leader", []byte("you"), lease)
	fmt.Println(err)
	// Output:
	// <nil>
	// true
	// <nil>
	// <nil>
}
