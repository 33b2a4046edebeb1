package keyvalueext

import (
	"context"
	"errors"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/cause"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// Kind is the kind that the host told, any of the nine.
func (e *Error) Kind() kind.Kind {
	if told := (*wit.Fail[ErrorValue])(nil); errors.As(e.Err, &told) && int(told.Value.Kind) < len(kinds) {
		return kinds[told.Value.Kind]
	}
	return cause.Kind(e.Err)
}

var kinds = [...]kind.Kind{
	KindNotFound:     kind.NotFound,
	KindAccessDenied: kind.AccessDenied,
	KindInvalid:      kind.Invalid,
	KindConflict:     kind.Conflict,
	KindUnsupported:  kind.Unsupported,
	KindQuota:        kind.Quota,
	KindTimeout:      kind.Timeout,
	KindUnavailable:  kind.Unavailable,
	KindOther:        kind.Other,
}

// Is lets errors.Is ask for a kind. KindTimeout is context.DeadlineExceeded too.
func (e *Error) Is(target error) bool {
	if target == context.DeadlineExceeded {
		return e.Kind() == kind.Timeout
	}
	k, ok := target.(kind.Kind)
	return ok && k == e.Kind()
}

// MaybeApplied says whether a write that failed may have been applied, as the
// host told (KVX-61, KVX-62).
func (e *Error) MaybeApplied() bool {
	told := (*wit.Fail[ErrorValue])(nil)
	return errors.As(e.Err, &told) && told.Value.Applied == AppliedMaybe
}

// String is the kind and the message.
func (e ErrorValue) String() string { return e.Kind.String() + ": " + e.Message }
