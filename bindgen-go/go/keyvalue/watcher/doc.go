// Package watcher is told of changes. A program that imports it exports a watcher:
//
//	func init() { watcher.Handle(mirror{}) }
//
//	type mirror struct{}
//
//	func (mirror) OnSet(bucket *keyvalue.Bucket, key string, value []byte) { ... }
//	func (mirror) OnDelete(bucket *keyvalue.Bucket, key string)            { ... }
//
//	func main() {} // never runs
//
// Which buckets are watched is configured at the host, and the component needs a
// grant to read them. Close the bucket before the method returns: the host keeps
// open buckets in a table that can be full.
package watcher
