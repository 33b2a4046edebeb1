package messaging_test

import (
	"context"
	"errors"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

func TestKinds(t *testing.T) {
	for _, c := range []struct {
		op    string
		err   error
		want  kind.Kind
		maybe bool
	}{
		{"send", messaging.ErrTimeout, kind.Timeout, true},
		{"send", messaging.ConnectionError("why"), kind.Unavailable, true},
		{"send", messaging.PermissionDeniedError("why"), kind.AccessDenied, false},
		{"reply", messaging.OtherError("why"), kind.Other, true},
		{"connect", messaging.ConnectionError("why"), kind.Unavailable, false},
		{"send", context.DeadlineExceeded, kind.Timeout, false},
		{"send", wit.ErrClosed, kind.Invalid, false},
	} {
		err := error(&messaging.Error{Op: c.op, Err: c.err})
		if kind.Of(err) != c.want || !errors.Is(err, c.want) || kind.MaybeApplied(err) != c.maybe {
			t.Errorf("%v: %v, maybe %v", err, kind.Of(err), kind.MaybeApplied(err))
		}
		if errors.Is(err, context.DeadlineExceeded) != (c.want == kind.Timeout) {
			t.Errorf("%v and a deadline", err)
		}
	}
}
