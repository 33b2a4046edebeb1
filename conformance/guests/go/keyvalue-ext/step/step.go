// Package step does one operation and shows one observation: wasi-cloud:keyvalue through the SDK, beside the plain
// operations that it must agree with.
package step

import (
	"context"
	"errors"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalueext"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/driver"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue-ext/line"
)

// State is what a driver keeps between operations. The zero value has no handles.
type State struct {
	buckets driver.Slots[*keyvalue.Bucket]
}

// Exec does op.
func (s *State) Exec(op line.Op) line.Seen {
	seen, err := s.step(context.Background(), op)
	if misused := driver.Misused(0); errors.As(err, &misused) {
		return line.SeenMisused{Value: misused.Error()}
	}
	if err != nil {
		return line.SeenFailed{Value: failure(err)}
	}
	return seen
}

func (s *State) step(ctx context.Context, op line.Op) (line.Seen, error) {
	switch op := op.(type) {
	case line.OpOpen:
		bucket, err := keyvalue.Open(ctx, op.Value.F1)
		if err != nil {
			return nil, err
		}
		return done(s.buckets.Put(op.Value.F0, bucket))
	case line.OpClose:
		return done(s.buckets.Close(op.Value))
	case line.OpGet:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		entry, ok, err := keyvalueext.Get(ctx, bucket, op.Value.F1)
		return line.SeenEntry{Value: driver.Option(line.Entry{Value: entry.Value, Version: entry.Version}, ok)}, err
	case line.OpPut:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		put := op.Value.F1
		options := keyvalueext.PutOptions{Condition: condition(put.Condition), TTLMs: put.TTLMs}
		version, err := keyvalueext.Put(ctx, bucket, put.Key, put.Value, options)
		return line.SeenVersion{Value: version}, err
	case line.OpDelete:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		deleted, err := keyvalueext.Delete(ctx, bucket, op.Value.F1, condition(op.Value.F2))
		return line.SeenFlag{Value: deleted}, err
	case line.OpListKeys:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		list := op.Value.F1
		page, err := keyvalueext.ListKeys(ctx, bucket, list.Prefix, list.Cursor, list.Limit)
		return line.SeenPage{Value: line.Page{Keys: page.Keys, Cursor: page.Cursor}}, err
	case line.OpPlainGet:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		value, ok, err := bucket.Get(ctx, op.Value.F1)
		return line.SeenValue{Value: driver.Option(value, ok)}, err
	case line.OpPlainSet:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(bucket.Set(ctx, op.Value.F1, op.Value.F2))
	case line.OpPlainDelete:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(bucket.Delete(ctx, op.Value.F1))
	case line.OpPlainExists:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		found, err := bucket.Exists(ctx, op.Value.F1)
		return line.SeenFlag{Value: found}, err
	case line.OpPlainIncrement:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		number, err := bucket.Increment(ctx, op.Value.F1, op.Value.F2)
		return line.SeenNumber{Value: number}, err
	}
	panic("an operation is left out")
}

func condition(given line.Condition) keyvalueext.Condition {
	switch given := given.(type) {
	case line.ConditionAlways:
		return keyvalueext.ConditionAlways{}
	case line.ConditionAbsent:
		return keyvalueext.ConditionAbsent{}
	case line.ConditionVersion:
		return keyvalueext.ConditionVersion{Value: given.Value}
	}
	panic("a condition is left out")
}

func done(err error) (line.Seen, error) { return line.SeenDone{}, err }

func failure(err error) line.Failure {
	f := line.Failure{Kind: driver.Kind[line.Kind](err), Message: err.Error()}
	if kind.MaybeApplied(err) {
		f.Applied = line.AppliedMaybe
	}
	return f
}
