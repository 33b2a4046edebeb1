package fake

import (
	"slices"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// A Cas is what a key held when it was made.
type Cas struct {
	bucket *Bucket
	key    string
	seen   *Entry
}

// NewCas takes the snapshot, of an absent key too.
func NewCas(bucket *Bucket, key string) (*Cas, *Error) {
	seen, err := bucket.Get(key)
	return &Cas{bucket, key, seen}, err
}

// Current is the value of the snapshot.
func (c *Cas) Current() (value []byte, present bool) {
	if c.seen == nil {
		return nil, false
	}
	return slices.Clone(c.seen.Value), true
}

// Swap writes the value if nobody wrote the key since. If somebody did, it
// returns a fresh snapshot.
func (c *Cas) Swap(value []byte) (*Cas, *Error) {
	condition := Condition{Absent: c.seen == nil}
	if c.seen != nil {
		condition.Version = &c.seen.Version
	}
	_, err := c.bucket.Put(c.key, value, condition, nil)
	if err == nil || err.Kind != kind.Conflict {
		return nil, err
	}
	return NewCas(c.bucket, c.key)
}
