package wit

import "unsafe"

// A Scope is the memory of one call: it is given back as a whole. Its blocks
// form a list through their headers, so that it costs nothing on the Go heap.
type Scope struct {
	first *header
	given []*state
	made  []made
	lent  []*state
	undo  []func()
}

// made is a handle of a resource that the component implements.
type made struct {
	handle int32
	drop   func(int32)
}

// A header stands before each block. Its size is that of the largest alignment.
type header struct {
	next uint32
	size uint32
	_    [2]uint32
}

// Buf is a list or a string as the canonical ABI passes it.
type Buf struct {
	Data unsafe.Pointer
	Len  uint32
}

// Alloc returns size bytes that live until Free or Release.
func (s *Scope) Alloc(size int) unsafe.Pointer {
	total := uintptr(size) + unsafe.Sizeof(header{})
	h := (*header)(alloc(total))
	h.size = uint32(total)
	if s.first == nil {
		h.next = 0
		s.first = h
	} else {
		h.next = s.first.next
		s.first.next = uint32(uintptr(unsafe.Pointer(h)))
	}
	return unsafe.Add(unsafe.Pointer(h), unsafe.Sizeof(header{}))
}

// String copies s, which has to be UTF-8.
func (s *Scope) String(text string) Buf {
	return Copy(s, unsafe.Slice(unsafe.StringData(Text(text)), len(text)))
}

// Copy copies a list of numbers.
func Copy[T any](s *Scope, list []T) Buf {
	if len(list) == 0 {
		return Buf{}
	}
	p := s.Alloc(len(list) * int(unsafe.Sizeof(list[0])))
	copy(unsafe.Slice((*T)(p), len(list)), list)
	return Buf{p, uint32(len(list))}
}

// Take returns the handle of r, which Commit gives away.
func (s *Scope) Take(r *Resource) int32 {
	st := r.use()
	if st.borrowed {
		panic(misuse{ErrBorrowed})
	}
	if st.lent > 0 {
		panic(misuse{ErrInUse})
	}
	h := st.handle
	st.handle, st.taken = 0, h
	s.given = append(s.given, st)
	return h
}

// Borrow returns the handle of r, which is not dropped before Free.
func (s *Scope) Borrow(r *Resource) int32 {
	st := r.use()
	st.lent++
	s.lent = append(s.lent, st)
	return st.handle
}

// orElse has f called if the call does not come about.
func (s *Scope) orElse(f func()) { s.undo = append(s.undo, f) }

// Commit says that the host is now called, and so owns what was taken.
func (s *Scope) Commit() { s.given, s.undo = nil, nil }

// Free gives the memory back, and resources that were taken for a call which
// did not come about.
func (s *Scope) Free() {
	for _, st := range s.given {
		st.handle = st.taken
	}
	for _, st := range s.lent {
		st.giveBack()
	}
	for _, f := range s.undo {
		f()
	}
	if s.first != nil {
		release(s.first)
	}
}

// Made says that Undo drops the handle, and returns it.
func (s *Scope) Made(handle int32, drop func(int32)) int32 {
	s.made = append(s.made, made{handle, drop})
	return handle
}

// Undo is Free before another attempt to return something: handles that were
// made for what could not be returned are dropped.
func (s *Scope) Undo() {
	s.Free()
	dropped := s.made
	*s = Scope{}
	for _, m := range dropped {
		m.drop(m.handle)
	}
}

// Release gives back all memory of the scope whose first block is p.
func Release(p unsafe.Pointer) {
	release((*header)(unsafe.Add(p, -int(unsafe.Sizeof(header{})))))
}

func release(h *header) {
	for {
		next := h.next
		Free(unsafe.Pointer(h), uintptr(h.size))
		if next == 0 {
			return
		}
		h = (*header)(Ptr(next))
	}
}
