package wit

import "errors"

// ErrNative means that an import was called in a program that is no component.
var ErrNative = errors.New("wit: there is no host: set Native or start a fake in a test, or build a component with GOOS=wasip1")

// ErrFailed is the error of a result without an error type.
var ErrFailed = errors.New("the operation failed")

// ErrVariant means that a variant has no case: it is nil, or of a foreign type.
var ErrVariant = errors.New("wit: a variant has none of its cases")

// A Fail is an error whose type in WIT is not an enum or a variant: errors.As
// finds it as *Fail[string] where the WIT says result<_, string>.
type Fail[T any] struct{ Value T }

// Error is the value where that is text.
func (f *Fail[T]) Error() string {
	switch v := any(f.Value).(type) {
	case string:
		return v
	case interface{ String() string }:
		return v.String()
	}
	return "the operation failed; Fail.Value has the reason"
}

// ToFail is the error of a handler as a T.
func ToFail[T any](err error) T {
	if f := (*Fail[T])(nil); errors.As(err, &f) {
		return f.Value
	}
	if text, ok := any(Plain(err)).(T); ok {
		return text
	}
	panic(Unsayable(err))
}

// Plain is the text of err, with what is not UTF-8 replaced.
func Plain(err error) string { return string([]rune(err.Error())) }

// Unsayable is the panic of an export whose error the WIT has no case for.
func Unsayable(err error) string {
	return "the handler returned an error that is none of the WIT's, which has no case for others: " + err.Error()
}

// described is an error in the words of the host.
type described struct {
	error
	text string
}

func (d described) Error() string { return d.text }
func (d described) Unwrap() error { return d.error }

// Describe is err with another text.
func Describe(err error, text string) error { return described{err, text} }

// misuse is a panic that a function with an error returns as that.
type misuse struct{ error }

// Catch returns a misuse of the function's arguments as its error.
func Catch(err *error) {
	switch r := recover().(type) {
	case nil:
	case misuse:
		*err = r.error
	default:
		panic(r)
	}
}

// Check panics where a variant has none of its cases.
func Check() { panic(misuse{ErrVariant}) }
