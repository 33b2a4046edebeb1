package main

import (
	"context"
	"errors"
	"testing"

	"example.com/guest/gen/test/resources"
	"example.com/guest/gen/wit"
)

// The component's code in a plain test, without a host and without wasm.
func TestLend(t *testing.T) {
	bucket := new(resources.Bucket)
	if _, err := (handler{}).Lend(context.Background(), bucket); !errors.Is(err, wit.ErrNative) {
		t.Fatalf("without a stand-in: %v", err)
	}
	resources.Native.BucketGet = func(b *resources.Bucket, key string) ([]byte, bool, error) {
		if b != bucket || key != "key" {
			return nil, false, resources.ErrNoSuchStore
		}
		return []byte("value"), true, nil
	}
	if got, err := (handler{}).Lend(context.Background(), bucket); got != "value" || err != nil {
		t.Fatal(got, err)
	}
	var failed *resources.Error
	_, err := (handler{}).Lend(context.Background(), new(resources.Bucket))
	if !errors.Is(err, resources.ErrNoSuchStore) || !errors.As(err, &failed) || failed.Op != "get" {
		t.Fatal(err)
	}
	if bucket.Close() != nil || bucket.Close() != nil {
		t.Fatal("closing fails")
	}
}
