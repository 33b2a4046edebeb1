package keyvalue

import (
	"context"
	"encoding/json"
)

// GetJSON is Get, with the value read as JSON. It says false if the key is
// absent.
//
// Errors: those of Get, and those of json.Unmarshal.
func GetJSON[T any](ctx context.Context, bucket *Bucket, key string) (value T, ok bool, err error) {
	data, ok, err := bucket.Get(ctx, key)
	if err != nil || !ok {
		return value, false, err
	}
	if err := json.Unmarshal(data, &value); err != nil {
		return value, false, fail("get", key, err)
	}
	return value, true, nil
}

// SetJSON is Set, with the value written as JSON.
//
// Errors: those of Set, and those of json.Marshal: then nothing was written.
func SetJSON(ctx context.Context, bucket *Bucket, key string, value any) error {
	data, err := json.Marshal(value)
	if err != nil {
		return fail("set", key, err)
	}
	return bucket.Set(ctx, key, data)
}
