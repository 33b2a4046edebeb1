// Package keyvalueext has what WASI's key-value lacks: versions, conditions,
// lifetimes, listing by prefix, and errors of all nine kinds, which say what
// happened to a write. Its functions take a bucket of package keyvalue.
//
//	lease := keyvalueext.Options(keyvalueext.IfAbsent(), keyvalueext.TTL(30*time.Second))
//	version, err := keyvalueext.Put(ctx, bucket, "leader", []byte("me"), lease)
//
// A component that calls one of these runs only on hosts that have this package.
package keyvalueext
