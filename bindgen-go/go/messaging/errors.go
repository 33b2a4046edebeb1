package messaging

import (
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/cause"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// Kind is kind.Timeout for ErrTimeout, kind.Unavailable for ConnectionError,
// kind.AccessDenied for PermissionDeniedError, and kind.Other for OtherError: this
// package cannot tell more.
func (e *Error) Kind() kind.Kind {
	switch err := cause.Of(e.Err).(type) {
	case TimeoutError:
		return kind.Timeout
	case ConnectionError:
		return kind.Unavailable
	case PermissionDeniedError:
		return kind.AccessDenied
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

// MaybeApplied says whether what was sent may have arrived all the same: it may
// after each error of the host but PermissionDeniedError.
func (e *Error) MaybeApplied() bool {
	switch cause.Of(e.Err).(type) {
	case TimeoutError, ConnectionError, OtherError:
	default:
		return false
	}
	switch e.Op {
	case "send", "request", "reply":
		return true
	}
	return false
}
