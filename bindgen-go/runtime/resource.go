package wit

import (
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
)

// ErrClosed means that a resource is used after Close, or after it was given to
// a function that takes ownership of it.
var ErrClosed = errors.New("wit: the resource is closed or was given away")

// ErrBorrowed means that a handler gives away a resource which it was only lent
// for the call.
var ErrBorrowed = errors.New("wit: the resource is only borrowed")

// ErrInUse means that a resource is given away while a call uses it: another one
// that goes on, or the same one.
var ErrInUse = errors.New("wit: the resource is in use by a call")

// A Resource is the handle inside a generated resource type.
type Resource struct{ state *state }

type state struct {
	handle   int32 // 0 once closed, given away or returned
	taken    int32 // what handle was, while a call is being prepared
	lent     int   // calls that go on and use it
	borrowed bool
	drop     func(int32)
}

// Close drops the handle. It may be called more than once, and it never fails.
// A resource that is not closed is dropped some time after it became
// unreachable.
func (r *Resource) Close() error {
	if s := r.state; s != nil && s.handle != 0 {
		h := s.handle
		s.handle = 0
		if s.lent > 0 {
			s.taken = h
		} else {
			s.drop(h)
		}
	}
	return nil
}

// giveBack ends a call, and drops the handle if Close was called meanwhile.
func (s *state) giveBack() {
	if s.lent--; s.lent == 0 && s.handle == 0 {
		s.drop(s.taken)
	}
}

func (r *Resource) use() *state {
	if r.state == nil || r.state.handle == 0 {
		panic(misuse{ErrClosed})
	}
	return r.state
}

// Borrow returns the handle.
func Borrow(r *Resource) int32 { return r.use().handle }

// Own makes r, which is part of owner, the owner of handle. When owner becomes
// unreachable the handle is queued, and dropped by the next import or export: a
// cleanup runs on its own goroutine, perhaps when the host may not be called.
func Own[T any](owner *T, r *Resource, handle int32, drop func(int32)) {
	s := &state{handle: handle, drop: drop}
	r.state = s
	runtime.AddCleanup(owner, queue, s)
}

var (
	mu      sync.Mutex
	queued  []*state
	waiting atomic.Int32
)

func queue(s *state) {
	if s.handle == 0 {
		return
	}
	mu.Lock()
	defer mu.Unlock()
	queued = append(queued, s)
	waiting.Add(1)
}

// reap drops the handles of unreachable resources.
func reap() {
	if waiting.Load() == 0 {
		return
	}
	mu.Lock()
	states := queued
	queued = nil
	waiting.Store(0)
	mu.Unlock()
	for _, s := range states {
		if h := s.handle; h != 0 {
			s.handle = 0
			s.drop(h)
		}
	}
}

// imports counts the calls of imports.
var imports uint32

// Enter begins each import. One in some hundred lets the runtime run: a program
// may call imports in a loop and never return from an export.
func Enter() {
	if imports++; imports%256 == 0 {
		runtime.Gosched()
	}
	reap()
}

// Leave ends each export. It lets the goroutines of the Go runtime run, which
// nothing else does in a component whose exports never block: without, a
// collection may never end, and the heap grows without bound.
func Leave() {
	runtime.Gosched()
	reap()
}

// Loans are the resources that a handler was lent for one call.
type Loans []*Resource

// Lend makes r a loan of handle.
func (l *Loans) Lend(r *Resource, handle int32, drop func(int32)) {
	r.state = &state{handle: handle, borrowed: true, drop: drop}
	*l = append(*l, r)
}

// End returns the loans: the host requires it before the call ends.
func (l Loans) End() {
	for _, r := range l {
		_ = r.Close()
	}
}
