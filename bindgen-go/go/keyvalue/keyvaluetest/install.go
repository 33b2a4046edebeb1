//go:build !wasip1 || fake

package keyvaluetest

import (
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalueext"
)

// install makes f the host, and returns what undoes that.
func (f *Fake) install() func() {
	plain, ext := keyvalue.Native, keyvalueext.Native

	keyvalue.Native.Open = f.open
	keyvalue.Native.BucketGet = f.get
	keyvalue.Native.BucketSet = f.set
	keyvalue.Native.BucketDelete = f.delete
	keyvalue.Native.BucketExists = f.exists
	keyvalue.Native.BucketListKeys = f.listKeys
	keyvalue.Native.BucketIncrement = f.increment
	keyvalue.Native.BucketGetMany = f.getMany
	keyvalue.Native.BucketSetMany = f.setMany
	keyvalue.Native.BucketDeleteMany = f.deleteMany
	keyvalue.Native.NewCas = f.newCas
	keyvalue.Native.CasCurrent = f.current
	keyvalue.Native.Swap = f.swap

	keyvalueext.Native.Get = f.entry
	keyvalueext.Native.Put = f.put
	keyvalueext.Native.Delete = f.deleteIf
	keyvalueext.Native.ListKeys = f.listPrefix

	return func() { keyvalue.Native, keyvalueext.Native = plain, ext }
}
