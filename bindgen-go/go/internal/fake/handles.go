package fake

import "sync"

// Handles are what a component holds, by number.
type Handles[T any] struct {
	mu   sync.Mutex
	last int32
	open map[int32]T
}

// Add keeps v and returns its number, which is never 0.
func (h *Handles[T]) Add(v T) int32 {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.open == nil {
		h.open = map[int32]T{}
	}
	h.last++
	h.open[h.last] = v
	return h.last
}

// Get returns what a number stands for.
func (h *Handles[T]) Get(n int32) (v T, open bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v, open = h.open[n]
	return v, open
}

// Drop forgets a number.
func (h *Handles[T]) Drop(n int32) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.open, n)
}

// Len is how many are open.
func (h *Handles[T]) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.open)
}
