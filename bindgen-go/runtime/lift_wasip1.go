package wit

import "unsafe"

// Ptr is the pointer that a word of memory holds.
func Ptr(p uint32) unsafe.Pointer { return unsafe.Add(nil, p) }

// String copies a string out of memory that the host allocated, and frees it.
func String(p unsafe.Pointer, n uint32) string {
	s := string(unsafe.Slice((*byte)(p), n))
	Free(p, uintptr(n))
	return s
}

// Slice copies a list of numbers out of memory that the host allocated, and
// frees it.
func Slice[T any](p unsafe.Pointer, n uint32) []T {
	out := make([]T, n)
	copy(out, unsafe.Slice((*T)(p), n))
	FreeList(p, n, unsafe.Sizeof(*new(T)))
	return out
}

// FreeList frees a list of n elements.
func FreeList(p unsafe.Pointer, n uint32, size uintptr) { Free(p, uintptr(n)*size) }

// ToBool is the truth of a flag in the ABI.
func ToBool(v int32) bool { return v != 0 }

// FromBool is the flag of a truth.
func FromBool(b bool) int32 {
	if b {
		return 1
	}
	return 0
}
