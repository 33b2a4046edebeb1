package keyvalueext_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalueext"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

func TestLifetimesAreNeverShortened(t *testing.T) {
	for given, want := range map[time.Duration]uint64{
		-1: 0, 0: 0, 1: 1, 7 * time.Millisecond: 7, time.Second + 1: 1001, math.MaxInt64: 9223372036855,
	} {
		if got := keyvalueext.Options(keyvalueext.TTL(given)).TTLMs; *got != want {
			t.Errorf("%v is %d ms, not %d", given, *got, want)
		}
	}
	if options := keyvalueext.Options(); options.TTLMs != nil || options.Condition != (keyvalueext.ConditionAlways{}) {
		t.Error(options)
	}
}

// Every kind that a host can tell is seen, and whether the write was applied.
func TestAllNineKinds(t *testing.T) {
	kv := keyvaluetest.New(t)
	bucket, err := keyvalue.Open(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	for k := kind.NotFound; k <= kind.Other; k++ {
		for when, maybe := range map[cloudtest.Moment]bool{cloudtest.Before: false, cloudtest.After: true} {
			kv.Inject(cloudtest.Fault{Op: "put", Kind: k, When: when})
			_, err := keyvalueext.Put(t.Context(), bucket, "key", nil, keyvalueext.Options())
			if !errors.Is(err, k) || kind.Of(err) != k || kind.MaybeApplied(err) != maybe {
				t.Errorf("%v %d: %v", k, when, err)
			}
			if errors.Is(err, context.DeadlineExceeded) != (k == kind.Timeout) {
				t.Errorf("%v and a deadline", err)
			}
			if want := "keyvalueext: put key: " + k.String() + ": injected fault"; err.Error() != want {
				t.Errorf("%q, not %q", err, want)
			}
		}
	}
}

func TestKeysWithAPrefix(t *testing.T) {
	keyvaluetest.New(t)
	bucket, err := keyvalue.Open(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"a/1", "a/2", "a/3", "b"} {
		if err := bucket.Set(t.Context(), key, nil); err != nil {
			t.Fatal(err)
		}
	}
	count := 0
	for key, err := range keyvalueext.Keys(t.Context(), bucket, "a/", 2) {
		if err != nil || key[0] != 'a' {
			t.Error(key, err)
		}
		count++
	}
	if count != 3 {
		t.Errorf("%d keys", count)
	}
	for _, err := range keyvalueext.Keys(t.Context(), bucket, "", 0) {
		if !errors.Is(err, kind.Invalid) {
			t.Error(err)
		}
	}
}
