// Package step does one operation and shows one observation: wasi:keyvalue (store, atomics, batch) through the SDK.
package step

import (
	"context"
	"errors"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/driver"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue/line"
)

// State is what a driver keeps between operations. The zero value has no handles.
type State struct {
	buckets driver.Slots[*keyvalue.Bucket]
	cas     driver.Slots[*keyvalue.Cas]
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
		return value(bucket.Get(ctx, op.Value.F1))
	case line.OpSet:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(bucket.Set(ctx, op.Value.F1, op.Value.F2))
	case line.OpDelete:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(bucket.Delete(ctx, op.Value.F1))
	case line.OpExists:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		found, err := bucket.Exists(ctx, op.Value.F1)
		return line.SeenFlag{Value: found}, err
	case line.OpListKeys:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		page, err := bucket.ListKeys(ctx, op.Value.F1)
		return line.SeenPage{Value: line.Page{Keys: page.Keys, Cursor: page.Cursor}}, err
	case line.OpIncrement:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		number, err := bucket.Increment(ctx, op.Value.F1, op.Value.F2)
		return line.SeenNumber{Value: number}, err
	case line.OpCasNew:
		bucket, err := s.buckets.Get(op.Value.F1)
		if err != nil {
			return nil, err
		}
		cas, err := keyvalue.NewCas(ctx, bucket, op.Value.F2)
		if err != nil {
			return nil, err
		}
		return done(s.cas.Put(op.Value.F0, cas))
	case line.OpCasCurrent:
		cas, err := s.cas.Get(op.Value)
		if err != nil {
			return nil, err
		}
		return value(cas.Current(ctx))
	case line.OpCasSwap:
		cas, err := s.cas.Take(op.Value.F0)
		if err != nil {
			return nil, err
		}
		err = keyvalue.Swap(ctx, cas, op.Value.F1)
		if lost := (keyvalue.CasFailedError{}); errors.As(err, &lost) {
			return line.SeenLost{}, s.cas.Put(op.Value.F0, lost.Value)
		}
		return done(err)
	case line.OpCasDrop:
		return done(s.cas.Close(op.Value))
	case line.OpGetMany:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		values, err := bucket.GetMany(ctx, op.Value.F1)
		return line.SeenValues{Value: values}, err
	case line.OpSetMany:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(bucket.SetMany(ctx, op.Value.F1))
	case line.OpDeleteMany:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(bucket.DeleteMany(ctx, op.Value.F1))
	case line.OpAllKeys:
		bucket, err := s.buckets.Get(op.Value)
		if err != nil {
			return nil, err
		}
		var keys []string
		for key, err := range bucket.Keys(ctx) {
			if err != nil {
				return nil, err
			}
			keys = append(keys, key)
		}
		return line.SeenKeys{Value: keys}, nil
	case line.OpAppend:
		bucket, err := s.buckets.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(keyvalue.Update(ctx, bucket, op.Value.F1, func(old []byte, _ bool) ([]byte, error) {
			return append(old, op.Value.F2...), nil
		}))
	}
	panic("an operation is left out")
}

func done(err error) (line.Seen, error) { return line.SeenDone{}, err }

func value(value []byte, ok bool, err error) (line.Seen, error) {
	return line.SeenValue{Value: driver.Option(value, ok)}, err
}

func failure(err error) line.Failure {
	f := line.Failure{Kind: driver.Kind[line.Kind](err), Message: err.Error()}
	if kind.MaybeApplied(err) {
		f.Applied = line.AppliedMaybe
	}
	return f
}
