package wit

import "unsafe"

// The host allocates memory of the component by calling cabi_realloc, and
// during that call the component may call nothing. The Go allocator may: it
// starts the collector, or helps it, and that reads clocks. So this memory does
// not come from the Go heap but from below it, in blocks of powers of two with
// a free list for each. Lifting copies out of a block and frees it.

//go:linkname sbrk runtime.sbrk
func sbrk(n uintptr) unsafe.Pointer

const (
	minShift = 4
	maxShift = 31

	// arena is what the Go heap grows by, aligned to its size. What it skips for
	// that it clears, page by page, so blocks are taken from there.
	arena = 512 << 10
)

type block struct{ next *block }

var (
	unused    [maxShift + 1]*block
	chunk     unsafe.Pointer
	chunkLeft uintptr

	// before is what Go 1.26 takes between the first chunk and its first arena.
	// If it is wrong, a program starts a little later.
	before uintptr = 384 << 10
)

//go:nosplit
func class(size uintptr) uint {
	c := uint(minShift)
	for uintptr(1)<<c < size {
		c++
	}
	return c
}

//go:nosplit
func alloc(size uintptr) unsafe.Pointer {
	if size > 1<<maxShift {
		panic("wit: a value is larger than the memory of a component")
	}
	c := class(size)
	if b := unused[c]; b != nil {
		unused[c] = b.next
		return unsafe.Pointer(b)
	}
	n := uintptr(1) << c
	if n > chunkLeft {
		refill(n)
	}
	p := chunk
	chunk = unsafe.Add(chunk, n)
	chunkLeft -= n
	return p
}

// refill makes the chunk at least n bytes long, up to where an arena can begin.
// What is left of an old chunk goes to the free lists.
//
//go:nosplit
func refill(n uintptr) {
	end := uintptr(sbrk(0)) + before
	grow := (end+n+arena-1)&^(arena-1) - end
	before = 0
	p := sbrk(grow)
	if p == nil {
		panic("wit: the component is out of memory")
	}
	if p != unsafe.Add(chunk, chunkLeft) {
		for c := uint(maxShift); c >= minShift; c-- {
			for size := uintptr(1) << c; chunkLeft >= size; chunkLeft -= size {
				Free(chunk, size)
				chunk = unsafe.Add(chunk, size)
			}
		}
		chunk, chunkLeft = p, 0
	}
	chunkLeft += grow
}

// Free gives back a block of size bytes that cabi_realloc made.
//
//go:nosplit
func Free(p unsafe.Pointer, size uintptr) {
	if size == 0 {
		return
	}
	c := class(size)
	b := (*block)(p)
	b.next, unused[c] = unused[c], b
}

//go:wasmexport cabi_realloc
//go:nosplit
func cabiRealloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	if size == 0 {
		return unsafe.Add(nil, align)
	}
	if oldSize != 0 && class(oldSize) == class(size) {
		return old
	}
	p := alloc(max(size, align))
	if oldSize != 0 {
		for i := range min(oldSize, size) {
			*(*byte)(unsafe.Add(p, i)) = *(*byte)(unsafe.Add(old, i))
		}
		Free(old, oldSize)
	}
	return p
}
