package config

import (
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/cause"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// Kind is kind.Unavailable for IoError, and kind.Other for UpstreamError, a
// missing grant included: this package cannot tell more (CFG-STORE-05).
func (e *Error) Kind() kind.Kind {
	switch err := cause.Of(e.Err).(type) {
	case IoError:
		return kind.Unavailable
	case UpstreamError:
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
