package keyvaluetest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalueext"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

func open(t *testing.T, label string) *keyvalue.Bucket {
	t.Helper()
	bucket, err := keyvalue.Open(t.Context(), label)
	if err != nil {
		t.Fatal(err)
	}
	return bucket
}

func TestGrantsAndLinks(t *testing.T) {
	kv := keyvaluetest.New(t, cloudtest.WithLinks("default", "cache"), cloudtest.WithDenied("secret"))
	for label, want := range map[string]kind.Kind{"secret": kind.AccessDenied, "defualt": kind.NotFound} {
		if _, err := keyvalue.Open(t.Context(), label); !errors.Is(err, want) {
			t.Error(err)
		}
	}
	bucket := open(t, "default")
	if err := kv.Grant("keyvalue:default:read"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := bucket.Get(t.Context(), "key"); err != nil {
		t.Error(err)
	}
	if err := bucket.Set(t.Context(), "key", nil); !errors.Is(err, kind.AccessDenied) {
		t.Error(err)
	}
	if _, err := keyvalue.Open(t.Context(), "cache"); !errors.Is(err, kind.AccessDenied) {
		t.Error(err)
	}
}

func TestSwitch(t *testing.T) {
	kv := keyvaluetest.New(t)
	bucket := open(t, "default")
	version, err := keyvalueext.Put(t.Context(), bucket, "key", []byte("1"), keyvalueext.Options())
	if err != nil {
		t.Fatal(err)
	}
	kv.Switch("default")
	if found, err := bucket.Exists(t.Context(), "key"); found || err != nil {
		t.Error("the new store has a key", err)
	}
	_, err = keyvalueext.Put(t.Context(), bucket, "key", nil, keyvalueext.Options(keyvalueext.IfVersion(version)))
	if !errors.Is(err, kind.Conflict) {
		t.Error(err)
	}
}

func TestTime(t *testing.T) {
	kv := keyvaluetest.New(t)
	bucket := open(t, "default")
	_, err := keyvalueext.Put(t.Context(), bucket, "lock", nil, keyvalueext.Options(keyvalueext.TTL(time.Minute)))
	if err != nil {
		t.Fatal(err)
	}
	kv.Advance(time.Minute - 1)
	if found, _ := bucket.Exists(t.Context(), "lock"); !found {
		t.Error("it expired early")
	}
	kv.Advance(1)
	if found, _ := bucket.Exists(t.Context(), "lock"); found {
		t.Error("it did not expire")
	}
}

func TestFaults(t *testing.T) {
	kv := keyvaluetest.New(t, cloudtest.WithCallTimeout(20*time.Millisecond))
	bucket := open(t, "default")
	kv.Inject(cloudtest.Fault{Label: "default", Op: "increment", Skip: 1, When: cloudtest.After})
	for n, failed := range []bool{false, true} {
		if _, err := bucket.Increment(t.Context(), "visits", 1); kind.MaybeApplied(err) != failed {
			t.Errorf("%d: %v", n, err)
		}
	}
	if visits, err := bucket.Increment(t.Context(), "visits", 0); visits != 2 || err != nil {
		t.Error("its reply alone was lost:", visits, err)
	}
	kv.Inject(cloudtest.Fault{When: cloudtest.Never})
	kv.Inject(cloudtest.Fault{When: cloudtest.Late, Delay: time.Hour})
	kv.Inject(cloudtest.Fault{When: cloudtest.Late, Delay: time.Millisecond})
	for _, want := range []kind.Kind{kind.Timeout, kind.Timeout, 0} {
		if _, _, err := keyvalueext.Get(t.Context(), bucket, "visits"); kind.Of(err) != want || kind.MaybeApplied(err) {
			t.Error(err)
		}
	}
	kv.Inject(cloudtest.Fault{Label: "elsewhere"})
	if left := kv.Heal(); left != 1 {
		t.Errorf("%d faults are left", left)
	}
}

func TestHandlesAreOfOneFake(t *testing.T) {
	keyvaluetest.New(t)
	bucket := open(t, "default")
	inner, err := keyvaluetest.Start()
	if err != nil {
		t.Fatal(err)
	}
	if err := bucket.Set(t.Context(), "key", nil); !errors.Is(err, wit.ErrClosed) {
		t.Error(err)
	}
	inner.Close()
	inner.Close()
	if err := bucket.Set(t.Context(), "key", nil); err != nil {
		t.Error(err)
	}
	if err := errors.Join(bucket.Close(), bucket.Close()); err != nil {
		t.Error(err)
	}
	if err := bucket.Set(t.Context(), "key", nil); !errors.Is(err, wit.ErrClosed) {
		t.Error(err)
	}
}

func TestNothingIsBehindTheFakeAfterTheTest(t *testing.T) {
	t.Run("with one", func(t *testing.T) { keyvaluetest.New(t) })
	if _, err := keyvalue.Open(t.Context(), "default"); !errors.Is(err, wit.ErrNative) {
		t.Error(err)
	}
}
