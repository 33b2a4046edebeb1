// Package fake is a host in the test's own process: grants, links that can be
// switched, faults, a clock that the test moves, and what is behind the links,
// in memory. It behaves as the reference host does over its memory backend.
package fake

import (
	"fmt"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// An Error is why a call failed, before a package puts it into one of its cases.
type Error struct {
	Kind kind.Kind

	// Maybe says that a write may have been applied.
	Maybe bool

	Text string
}

func (e *Error) Error() string { return e.Kind.String() + ": " + e.Text }

// Unwrap is the kind.
func (e *Error) Unwrap() error { return e.Kind }

func failure(k kind.Kind, format string, arguments ...any) *Error {
	return &Error{Kind: k, Text: fmt.Sprintf(format, arguments...)}
}

// Access is what a call does to its target.
type Access uint8

const (
	Open Access = iota
	Read
	Write
)

// unknown is e of a call whose outcome nobody knows.
func (a Access) unknown(e *Error) *Error {
	if a == Write {
		e.Maybe = true
	}
	return e
}
