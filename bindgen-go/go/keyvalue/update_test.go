package keyvalue_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

func open(t *testing.T) (*keyvaluetest.Fake, *keyvalue.Bucket) {
	t.Helper()
	kv := keyvaluetest.New(t)
	bucket, err := keyvalue.Open(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	return kv, bucket
}

func TestUpdateLosesNothing(t *testing.T) {
	_, bucket := open(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 25 {
				err := keyvalue.Update(t.Context(), bucket, "key", func(old []byte, _ bool) ([]byte, error) {
					return append(old, 'x'), nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if value, _, err := bucket.Get(t.Context(), "key"); len(value) != 200 || err != nil {
		t.Errorf("%d bytes, %v", len(value), err)
	}
}

func TestUpdateSeesTheOtherWrite(t *testing.T) {
	_, bucket := open(t)
	var seen []string
	err := keyvalue.Update(t.Context(), bucket, "key", func(old []byte, ok bool) ([]byte, error) {
		seen = append(seen, string(old))
		if !ok {
			return []byte("mine"), bucket.Set(t.Context(), "key", []byte("theirs"))
		}
		return append(old, " and mine"...), nil
	})
	value, _, _ := bucket.Get(t.Context(), "key")
	if err != nil || !slices.Equal(seen, []string{"", "theirs"}) || string(value) != "theirs and mine" {
		t.Errorf("%q, %q, %v", seen, value, err)
	}
}

func TestUpdateThatDoesNotWrite(t *testing.T) {
	_, bucket := open(t)
	mine := errors.New("mine")
	for given, want := range map[error]error{mine: mine, keyvalue.ErrSkip: nil} {
		err := keyvalue.Update(t.Context(), bucket, "key", func([]byte, bool) ([]byte, error) { return []byte("x"), given })
		if err != want {
			t.Errorf("%v, not %v", err, want)
		}
	}
	if found, err := bucket.Exists(t.Context(), "key"); found || err != nil {
		t.Error("something was written", err)
	}
}

func TestUpdateGivesUp(t *testing.T) {
	_, bucket := open(t)
	calls := 0
	err := keyvalue.Update(t.Context(), bucket, "key", func([]byte, bool) ([]byte, error) {
		calls++
		return nil, bucket.Set(t.Context(), "key", []byte("theirs"))
	})
	if calls != keyvalue.MaxUpdates || !errors.Is(err, kind.Conflict) || kind.MaybeApplied(err) {
		t.Errorf("%d calls: %v", calls, err)
	}
}

func TestUpdateFails(t *testing.T) {
	kv, bucket := open(t)
	change := func([]byte, bool) ([]byte, error) { return []byte("x"), nil }
	for op, maybe := range map[string]bool{"get": false, "put": true} {
		kv.Inject(cloudtest.Fault{Op: op, When: cloudtest.After})
		err := keyvalue.Update(t.Context(), bucket, "key", change)
		if kind.MaybeApplied(err) != maybe || !errors.Is(err, kind.Other) {
			t.Errorf("%s: %v", op, err)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	err := keyvalue.Update(done, bucket, "key", change)
	if !errors.Is(err, context.Canceled) || kind.MaybeApplied(err) {
		t.Error(err)
	}
	if left := kv.Heal(); left != 0 {
		t.Errorf("%d faults met no call", left)
	}
}

func TestJSON(t *testing.T) {
	_, bucket := open(t)
	if _, ok, err := keyvalue.GetJSON[int](t.Context(), bucket, "key"); ok || err != nil {
		t.Error(ok, err)
	}
	if err := keyvalue.SetJSON(t.Context(), bucket, "key", make(chan int)); err == nil || kind.MaybeApplied(err) {
		t.Error(err)
	}
	if err := bucket.Set(t.Context(), "key", []byte("no JSON")); err != nil {
		t.Fatal(err)
	}
	failed := (*keyvalue.Error)(nil)
	if _, ok, err := keyvalue.GetJSON[int](t.Context(), bucket, "key"); ok || !errors.As(err, &failed) || failed.Key != "key" {
		t.Error(ok, err)
	}
}
