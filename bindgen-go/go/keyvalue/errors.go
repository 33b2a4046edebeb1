package keyvalue

import (
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/cause"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// Kind is kind.NotFound for ErrNoSuchStore, kind.AccessDenied for
// ErrAccessDenied, and kind.Other for OtherError: this package cannot tell more.
// A swap that came too late is kind.Conflict.
func (e *Error) Kind() kind.Kind {
	switch err := cause.Of(e.Err).(type) {
	case NoSuchStoreError:
		return kind.NotFound
	case AccessDeniedError:
		return kind.AccessDenied
	case CasFailedError:
		return kind.Conflict
	case OtherError:
		return kind.Other
	default:
		return cause.Kind(err)
	}
}

// Is lets errors.Is ask for a kind.
func (e *Error) Is(target error) bool {
	k, ok := target.(kind.Kind)
	return ok && k == e.Kind()
}

// MaybeApplied says whether a write that failed may have been applied: it may
// after OtherError, which tells nothing of that (KV-STORE-S17).
func (e *Error) MaybeApplied() bool {
	if _, other := cause.Of(e.Err).(OtherError); !other {
		return false
	}
	switch e.Op {
	case "set", "delete", "increment", "swap", "set-many", "delete-many":
		return true
	}
	return false
}
