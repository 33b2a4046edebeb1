package keyvaluetest

import (
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/fake"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalueext"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// told is the error that a host shows.
func told(err *fake.Error) error {
	if err == nil {
		return nil
	}
	value := keyvalueext.ErrorValue{Kind: kinds[err.Kind], Message: err.Text}
	if err.Maybe {
		value.Applied = keyvalueext.AppliedMaybe
	}
	return &wit.Fail[keyvalueext.ErrorValue]{Value: value}
}

var kinds = map[kind.Kind]keyvalueext.Kind{
	kind.NotFound:     keyvalueext.KindNotFound,
	kind.AccessDenied: keyvalueext.KindAccessDenied,
	kind.Invalid:      keyvalueext.KindInvalid,
	kind.Conflict:     keyvalueext.KindConflict,
	kind.Unsupported:  keyvalueext.KindUnsupported,
	kind.Quota:        keyvalueext.KindQuota,
	kind.Timeout:      keyvalueext.KindTimeout,
	kind.Unavailable:  keyvalueext.KindUnavailable,
	kind.Other:        keyvalueext.KindOther,
}

func condition(given keyvalueext.Condition) (fake.Condition, error) {
	switch given := given.(type) {
	case keyvalueext.ConditionAlways:
		return fake.Condition{}, nil
	case keyvalueext.ConditionAbsent:
		return fake.Condition{Absent: true}, nil
	case keyvalueext.ConditionVersion:
		return fake.Condition{Version: &given.Value}, fake.Text(given.Value)
	}
	return fake.Condition{}, wit.ErrVariant
}

func (f *Fake) entry(b *keyvalue.Bucket, key string) (keyvalueext.Entry, bool, error) {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return keyvalueext.Entry{}, false, bad
	}
	entry, err := bucket.Get(key)
	if err != nil || entry == nil {
		return keyvalueext.Entry{}, false, told(err)
	}
	return keyvalueext.Entry{Value: entry.Value, Version: entry.Version}, true, nil
}

func (f *Fake) put(b *keyvalue.Bucket, key string, value []byte, options keyvalueext.PutOptions) (string, error) {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return "", bad
	}
	when, bad := condition(options.Condition)
	if bad != nil {
		return "", bad
	}
	version, err := bucket.Put(key, value, when, options.TTLMs)
	return version, told(err)
}

func (f *Fake) deleteIf(b *keyvalue.Bucket, key string, given keyvalueext.Condition) (bool, error) {
	bucket, bad := f.bucket(b, key)
	if bad != nil {
		return false, bad
	}
	when, bad := condition(given)
	if bad != nil {
		return false, bad
	}
	deleted, err := bucket.Delete(key, when)
	return deleted, told(err)
}

func (f *Fake) listPrefix(b *keyvalue.Bucket, prefix string, cursor *string, limit uint32) (keyvalueext.Page, error) {
	bucket, bad := f.bucket(b, append(texts(cursor), prefix)...)
	if bad != nil {
		return keyvalueext.Page{}, bad
	}
	page, err := bucket.List(prefix, cursor, &limit)
	return keyvalueext.Page{Keys: page.Keys, Cursor: page.Cursor}, told(err)
}
