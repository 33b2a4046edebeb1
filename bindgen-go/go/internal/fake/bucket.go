package fake

import (
	"math"
	"slices"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// A Bucket is one that a component opened.
type Bucket struct {
	host  *Host
	store *Store
	label string
}

// An Entry is a value and its version.
type Entry struct {
	Value   []byte
	Version string
}

// A Page is part of a listing.
type Page struct {
	Keys   []string
	Cursor *string
}

// A Condition is what has to be true of a key for a write.
type Condition struct {
	// Absent is that there is none.
	Absent bool

	// Version is the one that it has, if that is not nil.
	Version *string
}

// OpenBucket opens what is linked to a label.
func OpenBucket(host *Host, store *Store, label string) (*Bucket, *Error) {
	b := &Bucket{host, store, label}
	_, err := run(b, "open", Open, func(Route) (struct{}, *Error) { return struct{}{}, nil })
	return b, err
}

// run runs one operation as a step of the store.
func run[T any](b *Bucket, op string, access Access, step func(at Route) (T, *Error)) (T, *Error) {
	return Run(b.host, Call{b.label, op, access}, func(at Route, _ time.Time) (T, *Error) {
		b.store.mu.Lock()
		defer b.store.mu.Unlock()
		return step(at)
	})
}

// Get is the value and the version of a key, or nil.
func (b *Bucket) Get(key string) (*Entry, *Error) {
	return run(b, "get", Read, func(at Route) (*Entry, *Error) {
		if err := fits(key); err != nil {
			return nil, err
		}
		found, present := b.store.get(at.Scope, key)
		if !present {
			return nil, nil
		}
		return &Entry{slices.Clone(found.value), stamp(at.Generation, found.version)}, nil
	})
}

// Exists says whether a key is there.
func (b *Bucket) Exists(key string) (bool, *Error) {
	return run(b, "exists", Read, func(at Route) (bool, *Error) {
		if err := fits(key); err != nil {
			return false, err
		}
		_, present := b.store.get(at.Scope, key)
		return present, nil
	})
}

// Set writes a value, for ever.
func (b *Bucket) Set(key string, value []byte) *Error {
	_, err := run(b, "set", Write, func(at Route) (string, *Error) {
		if err := fitsPair(key, value); err != nil {
			return "", err
		}
		return b.store.put(at.Scope, key, value, forever), nil
	})
	return err
}

// Put writes a value under a condition, for so many milliseconds if ttl is not nil.
func (b *Bucket) Put(key string, value []byte, condition Condition, ttl *uint64) (string, *Error) {
	return run(b, "put", Write, func(at Route) (string, *Error) {
		if err := fitsPair(key, value); err != nil {
			return "", err
		}
		deadline := forever
		if ttl != nil {
			if *ttl == 0 {
				return "", failure(kind.Invalid, "a time to live is at least 1 ms")
			}
			if *ttl <= uint64(math.MaxInt64/time.Millisecond) {
				deadline = later(b.store.now, time.Duration(*ttl)*time.Millisecond)
			}
		}
		if err := b.holds(at, key, condition); err != nil {
			return "", err
		}
		return stamp(at.Generation, b.store.put(at.Scope, key, value, deadline)), nil
	})
}

// Delete removes a key under a condition, and says whether it was there.
func (b *Bucket) Delete(key string, condition Condition) (bool, *Error) {
	return run(b, "delete", Write, func(at Route) (bool, *Error) {
		if err := fits(key); err != nil {
			return false, err
		}
		if condition.Absent {
			return false, failure(kind.Invalid, "deleting a key on condition that it is absent does nothing")
		}
		if err := b.holds(at, key, condition); err != nil {
			return false, err
		}
		_, present := b.store.get(at.Scope, key)
		delete(b.store.data[at.Scope], key)
		return present, nil
	})
}

// holds is a conflict where the condition is not true.
func (b *Bucket) holds(at Route, key string, condition Condition) *Error {
	found, present := b.store.get(at.Scope, key)
	switch {
	case condition.Absent && present:
		return failure(kind.Conflict, "the key is already there")
	case condition.Version == nil:
		return nil
	}
	version, err := unstamp(at.Generation, *condition.Version, "version")
	switch {
	case err != nil:
		// Text that was never a version is no other version either.
		return failure(kind.Conflict, "%s", err.Text)
	case !present:
		return failure(kind.Conflict, "the key is not there")
	case found.version != version:
		return failure(kind.Conflict, "the key has been written since")
	}
	return nil
}

// List is one page of the keys with the prefix: of at most limit, if that is not nil.
func (b *Bucket) List(prefix string, cursor *string, limit *uint32) (Page, *Error) {
	return run(b, "list-keys", Read, func(at Route) (Page, *Error) {
		size := page
		if limit != nil {
			size = int(min(*limit, maxPage))
		}
		if size == 0 {
			return Page{}, failure(kind.Invalid, "a page of 0 keys never ends; ask for 1 or more")
		}
		after := ""
		if cursor != nil {
			text, err := unstamp(at.Generation, *cursor, "cursor")
			if err != nil {
				return Page{}, err
			}
			if after, err = decode(text); err != nil {
				return Page{}, err
			}
		}
		// One key more than the page holds tells whether there is another page.
		keys := b.store.keys(at.Scope, prefix, after, size+1)
		if len(keys) <= size {
			return Page{Keys: keys}, nil
		}
		next := stamp(at.Generation, encode(keys[size-1]))
		return Page{keys[:size], &next}, nil
	})
}

// Increment adds to a counter.
func (b *Bucket) Increment(key string, delta int64) (int64, *Error) {
	return run(b, "increment", Write, func(at Route) (int64, *Error) {
		if err := fits(key); err != nil {
			return 0, err
		}
		return b.store.increment(at.Scope, key, delta)
	})
}

// GetMany is one value for each key, nil for an absent one.
func (b *Bucket) GetMany(keys []string) ([]*[]byte, *Error) {
	return run(b, "get-many", Read, func(at Route) ([]*[]byte, *Error) {
		if err := fits(keys...); err != nil {
			return nil, err
		}
		values := make([]*[]byte, len(keys))
		for i, key := range keys {
			if found, present := b.store.get(at.Scope, key); present {
				value := slices.Clone(found.value)
				values[i] = &value
			}
		}
		return values, nil
	})
}

// A Pair is a key and its value.
type Pair struct {
	Key   string
	Value []byte
}

// SetMany writes all pairs.
func (b *Bucket) SetMany(pairs []Pair) *Error {
	_, err := run(b, "set-many", Write, func(at Route) (struct{}, *Error) {
		for _, pair := range pairs {
			if err := fitsPair(pair.Key, pair.Value); err != nil {
				return struct{}{}, err
			}
		}
		for _, pair := range pairs {
			b.store.put(at.Scope, pair.Key, pair.Value, forever)
		}
		return struct{}{}, nil
	})
	return err
}

// DeleteMany removes all keys.
func (b *Bucket) DeleteMany(keys []string) *Error {
	_, err := run(b, "delete-many", Write, func(at Route) (struct{}, *Error) {
		if err := fits(keys...); err != nil {
			return struct{}{}, err
		}
		for _, key := range keys {
			delete(b.store.data[at.Scope], key)
		}
		return struct{}{}, nil
	})
	return err
}

func fits(keys ...string) *Error {
	for _, key := range keys {
		if len(key) > maxKey {
			return failure(kind.Quota, "a key of %d bytes exceeds this store's max-key-size of %d", len(key), maxKey)
		}
	}
	return nil
}

func fitsPair(key string, value []byte) *Error {
	if err := fits(key); err != nil {
		return err
	}
	if len(value) > maxValue {
		return failure(kind.Quota, "a value of %d bytes exceeds this store's max-value-size of %d", len(value), maxValue)
	}
	return nil
}
