package kind_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

type failure struct{ maybe bool }

func (failure) Error() string        { return "failure" }
func (failure) Kind() kind.Kind      { return kind.Quota }
func (f failure) MaybeApplied() bool { return f.maybe }

func TestOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want kind.Kind
	}{
		{nil, 0},
		{errors.New("something"), kind.Other},
		{kind.Conflict, kind.Conflict},
		{fmt.Errorf("%w: an order needs an amount", kind.Invalid), kind.Invalid},
		{fmt.Errorf("while it ran: %w", failure{}), kind.Quota},
		{fmt.Errorf("while it ran: %w", context.DeadlineExceeded), kind.Timeout},
		{context.Canceled, kind.Other},
	} {
		if got := kind.Of(c.err); got != c.want {
			t.Errorf("Of(%v) = %v, not %v", c.err, got, c.want)
		}
	}
	if !errors.Is(kind.Timeout, context.DeadlineExceeded) || errors.Is(kind.Other, context.DeadlineExceeded) {
		t.Error("Timeout and nothing else is a deadline exceeded")
	}
}

func TestMaybeApplied(t *testing.T) {
	if kind.MaybeApplied(nil) || kind.MaybeApplied(kind.Timeout) || kind.MaybeApplied(failure{}) {
		t.Error("what says nothing of it was not applied")
	}
	if !kind.MaybeApplied(fmt.Errorf("while it ran: %w", failure{maybe: true})) {
		t.Error("what says maybe means it")
	}
	if !kind.MaybeApplied(fmt.Errorf("both: %w", errors.Join(failure{}, failure{maybe: true}))) {
		t.Error("one of two is enough")
	}
}

func ExampleOf() {
	err := fmt.Errorf("%w: an order needs an amount", kind.Invalid)
	fmt.Println(err)
	fmt.Println(kind.Of(err), errors.Is(err, kind.Invalid))
	// Output:
	// invalid: an order needs an amount
	// invalid true
}

func TestNames(t *testing.T) {
	for k, want := range map[kind.Kind]string{0: "none", kind.NotFound: "not-found", kind.Other: "other", 10: "unknown kind"} {
		if k.String() != want {
			t.Errorf("%d is %q, not %q", k, k, want)
		}
	}
}
