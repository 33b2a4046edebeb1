// Package kind says what went wrong in one of nine words, the same in every
// package of the SDK and in every language.
//
// A kind is an error, so that errors.Is asks for it:
//
//	if errors.Is(err, kind.NotFound) { ... }
//
// How fine it is depends on the package of the function that failed. Those of
// WASI have few cases, and their Other stands for all the rest; package
// keyvalueext tells all nine.
package kind

import (
	"context"
	"errors"
	"slices"
)

// A Kind is what went wrong. The zero Kind is none: nothing went wrong.
type Kind uint8

const (
	// NotFound: the named store or topic does not exist. A missing key is no error.
	NotFound Kind = iota + 1

	// AccessDenied: the component was not granted this, whether it exists or not.
	AccessDenied

	// Invalid: an argument is malformed, and the same call can never succeed.
	Invalid

	// Conflict: a condition did not hold, or a cursor or version is from before
	// the link was switched.
	Conflict

	// Unsupported: the host does not offer this.
	Unsupported

	// Quota: a declared limit was exceeded, of size, length, count or rate.
	Quota

	// Timeout: there was no answer in time.
	Timeout

	// Unavailable: the backend cannot be reached.
	Unavailable

	// Other: anything else.
	Other
)

var names = [...]string{
	"none", "not-found", "access-denied", "invalid", "conflict", "unsupported", "quota", "timeout", "unavailable", "other",
}

// String is the word that the WIT, logs and reports have for it.
func (k Kind) String() string {
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown kind"
}

// Error is String: a handler may return a Kind, or wrap it with %w.
func (k Kind) Error() string { return k.String() }

// Is makes context.DeadlineExceeded of Timeout.
func (k Kind) Is(target error) bool {
	return k == Timeout && target == context.DeadlineExceeded
}

// Of is the kind of err: that of the first error in its tree that has one, Timeout
// for context.DeadlineExceeded, Other where there is none, and 0 for nil.
func Of(err error) Kind {
	if err == nil {
		return 0
	}
	if k, found := find(err); found {
		return k
	}
	return Other
}

func find(err error) (Kind, bool) {
	if e := (interface{ Kind() Kind })(nil); errors.As(err, &e) {
		return e.Kind(), true
	}
	if k := Kind(0); errors.As(err, &k) {
		return k, true
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return Timeout, true
	}
	return 0, false
}

// MaybeApplied says whether a call that failed with err may have changed
// something all the same, now or later: read before you write again. It is
// never true of a read, nor of a call that a done context kept from being made.
// Of errors that were joined one is enough.
func MaybeApplied(err error) bool {
	if e, ok := err.(interface{ MaybeApplied() bool }); ok && e.MaybeApplied() {
		return true
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return MaybeApplied(e.Unwrap())
	case interface{ Unwrap() []error }:
		return slices.ContainsFunc(e.Unwrap(), MaybeApplied)
	}
	return false
}
