// Package cause looks into the errors that generated code returns.
package cause

import (
	"errors"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// Of is what is innermost in err: the case of the WIT, if the host returned one.
func Of(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}

// Kind is the kind of an error that the host did not return.
func Kind(err error) kind.Kind {
	switch err {
	case wit.ErrClosed, wit.ErrBorrowed, wit.ErrNotUTF8, wit.ErrNotChar, wit.ErrVariant:
		return kind.Invalid
	case wit.ErrNative:
		return kind.Unsupported
	}
	return kind.Of(err)
}
