package keyvalue

import (
	"context"
	"errors"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// MaxUpdates is how often Update tries before it gives up.
const MaxUpdates = 1000

// ErrSkip is what the change of an Update returns to leave the key as it is.
// Update then returns nil.
var ErrSkip = errors.New("keyvalue: nothing to update")

// Update changes a value by compare-and-swap. It calls change with the value of
// the key, and false if the key is absent, and writes what change returns. If
// another write comes first, it calls change again, with the value of that
// write. If change returns an error, nothing is written, and Update returns that
// error.
//
// Errors: those of NewCas, Cas.Current and Swap; kind.Conflict if others came
// first MaxUpdates times, and then nothing was written.
func Update(ctx context.Context, bucket *Bucket, key string, change func(old []byte, ok bool) ([]byte, error)) error {
	cas, err := NewCas(ctx, bucket, key)
	if err != nil {
		return err
	}
	for range MaxUpdates {
		lost, err := update(ctx, cas, change)
		if err != nil || lost == nil {
			return err
		}
		cas = lost
	}
	_ = cas.Close()
	return fail("update", key, contention{})
}

// update tries once. It uses up cas, and returns a fresh one if another write came
// first.
func update(ctx context.Context, cas *Cas, change func([]byte, bool) ([]byte, error)) (*Cas, error) {
	defer cas.Close()
	old, ok, err := cas.Current(ctx)
	if err != nil {
		return nil, err
	}
	value, err := change(old, ok)
	if errors.Is(err, ErrSkip) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	err = Swap(ctx, cas, value)
	if lost := (CasFailedError{}); errors.As(err, &lost) {
		return lost.Value, nil
	}
	return nil, err
}

// contention is the error of an Update that gave up.
type contention struct{}

func (contention) Kind() kind.Kind { return kind.Conflict }

func (contention) Error() string { return "other writers came first again and again" }
