// Package keyvalue stores values under keys, in buckets: reads, writes, listings,
// counters, compare-and-swap and batches.
//
//	bucket, err := keyvalue.Open(ctx, "default")
//	if err != nil {
//		return err
//	}
//	defer bucket.Close()
//	visits, err := bucket.Increment(ctx, "visits", 1)
//
// "default" is a label: the operator links it to a store, and grants it. Functions
// and methods are those of the WIT, one to one. Update, GetJSON, SetJSON and
// Bucket.Keys are made of them.
//
// An *Error is of the kind kind.NotFound (the label is granted, but nothing is
// linked to it), kind.AccessDenied, or kind.Other for all else. After a write
// kind.MaybeApplied says whether it may have happened all the same. Package
// keyvalueext tells more, and package keyvaluetest has a fake for tests.
package keyvalue
