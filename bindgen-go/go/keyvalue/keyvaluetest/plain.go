package keyvaluetest

import (
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/fake"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// plain is the case that a host shows.
func plain(err *fake.Error) keyvalue.ErrorCase {
	switch err.Kind {
	case kind.NotFound:
		return keyvalue.ErrNoSuchStore
	case kind.AccessDenied:
		return keyvalue.ErrAccessDenied
	default:
		return keyvalue.OtherError(err.Error())
	}
}

// failed is plain where there is an error.
func failed(err *fake.Error) error {
	if err == nil {
		return nil
	}
	return plain(err)
}

func (f *Fake) open(label string) (*keyvalue.Bucket, error) {
	if err := fake.Text(label); err != nil {
		return nil, err
	}
	opened, err := fake.OpenBucket(f.host, f.store, label)
	if err != nil {
		return nil, plain(err)
	}
	b := new(keyvalue.Bucket)
	wit.Own(b, &b.Resource, f.buckets.Add(opened), f.buckets.Drop)
	return b, nil
}

// bucket is what b stands for, with texts that a call has besides.
func (f *Fake) bucket(b *keyvalue.Bucket, texts ...string) (*fake.Bucket, error) {
	found, err := f.buckets.Of(&b.Resource)
	if err != nil {
		return nil, err
	}
	return found, fake.Text(texts...)
}

func (f *Fake) get(b *keyvalue.Bucket, key string) ([]byte, bool, error) {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return nil, false, bad
	}
	entry, err := bucket.Get(key)
	if err != nil || entry == nil {
		return nil, false, failed(err)
	}
	return entry.Value, true, nil
}

func (f *Fake) set(b *keyvalue.Bucket, key string, value []byte) error {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return bad
	}
	return failed(bucket.Set(key, value))
}

func (f *Fake) delete(b *keyvalue.Bucket, key string) error {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return bad
	}
	_, err := bucket.Delete(key, fake.Condition{})
	return failed(err)
}

func (f *Fake) exists(b *keyvalue.Bucket, key string) (bool, error) {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return false, bad
	}
	found, err := bucket.Exists(key)
	return found, failed(err)
}

func (f *Fake) listKeys(b *keyvalue.Bucket, cursor *string) (keyvalue.KeyResponse, error) {
	bucket, bad := f.bucket(b, texts(cursor)...)
	if bad != nil {
		return keyvalue.KeyResponse{}, bad
	}
	page, err := bucket.List("", cursor, nil)
	return keyvalue.KeyResponse{Keys: page.Keys, Cursor: page.Cursor}, failed(err)
}

func texts(optional *string) []string {
	if optional == nil {
		return nil
	}
	return []string{*optional}
}

func (f *Fake) increment(b *keyvalue.Bucket, key string, delta int64) (int64, error) {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return 0, bad
	}
	sum, err := bucket.Increment(key, delta)
	return sum, failed(err)
}

func (f *Fake) getMany(b *keyvalue.Bucket, keys []string) ([]*wit.Tuple2[string, []byte], error) {
	bucket, bad := f.bucket(b, keys...)
	if bad != nil {
		return nil, bad
	}
	values, err := bucket.GetMany(keys)
	if err != nil {
		return nil, plain(err)
	}
	found := make([]*wit.Tuple2[string, []byte], len(keys))
	for i, value := range values {
		if value != nil {
			found[i] = &wit.Tuple2[string, []byte]{F0: keys[i], F1: *value}
		}
	}
	return found, nil
}

func (f *Fake) setMany(b *keyvalue.Bucket, given []wit.Tuple2[string, []byte]) error {
	pairs, keys := make([]fake.Pair, len(given)), make([]string, len(given))
	for i, pair := range given {
		pairs[i], keys[i] = fake.Pair{Key: pair.F0, Value: pair.F1}, pair.F0
	}
	bucket, bad := f.bucket(b, keys...)
	if bad != nil {
		return bad
	}
	return failed(bucket.SetMany(pairs))
}

func (f *Fake) deleteMany(b *keyvalue.Bucket, keys []string) error {
	bucket, bad := f.bucket(b, keys...)
	if bad != nil {
		return bad
	}
	return failed(bucket.DeleteMany(keys))
}

func (f *Fake) newCas(b *keyvalue.Bucket, key string) (*keyvalue.Cas, error) {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return nil, bad
	}
	taken, err := fake.NewCas(bucket, key)
	if err != nil {
		return nil, plain(err)
	}
	return f.own(taken), nil
}

func (f *Fake) own(taken *fake.Cas) *keyvalue.Cas {
	c := new(keyvalue.Cas)
	wit.Own(c, &c.Resource, f.cas.Add(taken), f.cas.Drop)
	return c
}

func (f *Fake) current(c *keyvalue.Cas) ([]byte, bool, error) {
	cas, err := f.cas.Of(&c.Resource)
	if err != nil {
		return nil, false, err
	}
	value, present := cas.Current()
	return value, present, nil
}

func (f *Fake) swap(c *keyvalue.Cas, value []byte) error {
	cas, bad := f.cas.Take(&c.Resource)
	if bad != nil {
		return bad
	}
	fresh, err := cas.Swap(value)
	switch {
	case err != nil:
		return keyvalue.StoreError{Value: plain(err)}
	case fresh != nil:
		return keyvalue.CasFailedError{Value: f.own(fresh)}
	}
	return nil
}
