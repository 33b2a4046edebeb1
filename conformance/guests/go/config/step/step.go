// Package step does one operation and shows one observation: wasi:config through the SDK.
package step

import (
	"context"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/config/line"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/driver"
)

// State is what a driver keeps between operations: nothing.
type State struct{}

// Exec does op.
func (*State) Exec(op line.Op) line.Seen {
	seen, err := step(context.Background(), op)
	if err != nil {
		return line.SeenFailed{Value: failure(err)}
	}
	return seen
}

func step(ctx context.Context, op line.Op) (line.Seen, error) {
	switch op := op.(type) {
	case line.OpGet:
		value, ok, err := config.Get(ctx, op.Value)
		return line.SeenValue{Value: driver.Option(value, ok)}, err
	case line.OpGetAll:
		pairs, err := config.GetAll(ctx)
		return line.SeenPairs{Value: pairs}, err
	}
	panic("an operation is left out")
}

func failure(err error) line.Failure {
	f := line.Failure{Kind: driver.Kind[line.Kind](err), Message: err.Error()}
	if kind.MaybeApplied(err) {
		f.Applied = line.AppliedMaybe
	}
	return f
}
