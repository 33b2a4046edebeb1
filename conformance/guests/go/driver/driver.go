// Package driver is what the drivers have in common: slots, and how failures are shown.
//
// A driver carries out operations only through the SDK, each by the one function that stands for the WIT function, and
// shows what the SDK returned. It decides nothing, so that what the suite sees is the SDK and the host.
package driver

import (
	"io"
	"strconv"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// Misused is the error of a suite that names an empty slot.
type Misused uint32

// Error names the slot.
func (slot Misused) Error() string {
	return "slot " + strconv.FormatUint(uint64(slot), 10) + " is empty"
}

// Slots are handles of one type, by the numbers that the suite chose. The zero value is empty.
type Slots[T io.Closer] struct {
	handles map[uint32]T
}

// Put fills a slot; what was in it is closed.
func (s *Slots[T]) Put(slot uint32, handle T) error {
	if s.handles == nil {
		s.handles = make(map[uint32]T)
	}
	old, filled := s.handles[slot]
	s.handles[slot] = handle
	if filled {
		return old.Close()
	}
	return nil
}

// Get returns what is in a slot.
func (s *Slots[T]) Get(slot uint32) (T, error) {
	handle, filled := s.handles[slot]
	if !filled {
		return handle, Misused(slot)
	}
	return handle, nil
}

// Take empties a slot.
func (s *Slots[T]) Take(slot uint32) (T, error) {
	handle, err := s.Get(slot)
	delete(s.handles, slot)
	return handle, err
}

// Close empties a slot and closes what was in it.
func (s *Slots[T]) Close(slot uint32) error {
	handle, err := s.Take(slot)
	if err != nil {
		return err
	}
	return handle.Close()
}

// Kind is the kind of err, as K, the line's own type, calls it.
func Kind[K interface {
	~uint8
	String() string
}](err error) K {
	name := kind.Of(err).String()
	for k := range K(255) {
		if k.String() == name {
			return k
		}
	}
	panic("the line has no kind " + name)
}

// Option is an optional value as the line has it.
func Option[T any](value T, ok bool) *T {
	if !ok {
		return nil
	}
	return &value
}
