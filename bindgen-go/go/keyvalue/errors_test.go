package keyvalue_test

import (
	"context"
	"errors"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

func TestKinds(t *testing.T) {
	other := keyvalue.OtherError("quota: why")
	for _, c := range []struct {
		op    string
		err   error
		want  kind.Kind
		maybe bool
	}{
		{"open", keyvalue.ErrNoSuchStore, kind.NotFound, false},
		{"set", keyvalue.ErrNoSuchStore, kind.NotFound, false},
		{"set", keyvalue.ErrAccessDenied, kind.AccessDenied, false},
		{"get", other, kind.Other, false},
		{"set", other, kind.Other, true},
		{"delete-many", other, kind.Other, true},
		{"swap", keyvalue.StoreError{Value: other}, kind.Other, true},
		{"swap", keyvalue.StoreError{Value: keyvalue.ErrAccessDenied}, kind.AccessDenied, false},
		{"swap", keyvalue.CasFailedError{}, kind.Conflict, false},
		{"set", context.DeadlineExceeded, kind.Timeout, false},
		{"set", context.Canceled, kind.Other, false},
		{"set", wit.ErrClosed, kind.Invalid, false},
		{"set", wit.ErrNotUTF8, kind.Invalid, false},
		{"set", wit.ErrNative, kind.Unsupported, false},
	} {
		err := error(&keyvalue.Error{Op: c.op, Err: c.err})
		if kind.Of(err) != c.want || !errors.Is(err, c.want) || kind.MaybeApplied(err) != c.maybe {
			t.Errorf("%v: %v, maybe %v", err, kind.Of(err), kind.MaybeApplied(err))
		}
		if errors.Is(err, kind.Quota) {
			t.Errorf("%v is of two kinds", err)
		}
	}
}

func TestOutsideOfAComponent(t *testing.T) {
	_, err := keyvalue.Open(t.Context(), "default")
	if !errors.Is(err, wit.ErrNative) || !errors.Is(err, kind.Unsupported) {
		t.Error(err)
	}
}
