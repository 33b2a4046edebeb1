package fake

import (
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// last is the last number given to a handle. No two fakes of a process give the
// same: what was opened in one is not open in another.
var last atomic.Int32

// Handles are what a component holds, by number.
type Handles[T any] struct {
	mu   sync.Mutex
	open map[int32]T
}

// Add keeps v and returns its number, which is never 0.
func (h *Handles[T]) Add(v T) int32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = map[int32]T{}
	}
	n := last.Add(1)
	h.open[n] = v
	return n
}

// Of is what a resource stands for.
func (h *Handles[T]) Of(r *wit.Resource) (v T, err error) {
	defer wit.Catch(&err)
	n := wit.Borrow(r)
	h.mu.Lock()
	defer h.mu.Unlock()
	v, open := h.open[n]
	if !open {
		err = wit.ErrClosed
	}
	return v, err
}

// Take is Of for a resource that is given away.
func (h *Handles[T]) Take(r *wit.Resource) (v T, err error) {
	if v, err = h.Of(r); err == nil {
		err = r.Close()
	}
	return v, err
}

// Drop forgets a number.
func (h *Handles[T]) Drop(n int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, n)
}

// Text is an error where one of the texts is none.
func Text(texts ...string) error {
	for _, text := range texts {
		if !utf8.ValidString(text) {
			return wit.ErrNotUTF8
		}
	}
	return nil
}
