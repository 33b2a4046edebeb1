package wit

import (
	"context"
	"unsafe"
)

// blocked is what an operation returns that goes on: its event comes later.
const blocked = 0xffff_ffff

// The states of a call of an async import.
const (
	subtaskStarted         = 1
	subtaskReturned        = 2
	subtaskNeverStarted    = 3
	subtaskBeforeReturning = 4
)

//go:wasmimport $root [waitable-set-new]
func waitableSetNew() int32

//go:wasmimport $root [waitable-set-drop]
func waitableSetDrop(set int32)

//go:wasmimport $root [waitable-set-poll]
//go:noescape
func waitableSetPoll(set int32, event unsafe.Pointer) int32

//go:wasmimport $root [waitable-join]
func waitableJoin(waitable, set int32)

//go:wasmimport $root [subtask-drop]
func subtaskDrop(subtask int32)

// It blocks the component until the callee has taken note, which the host does at
// once. Not to block would need a feature that hosts do not have yet.
//
//go:wasmimport $root [subtask-cancel]
func subtaskCancel(subtask int32) int32

// A waiter waits for the last event of a waitable.
type waiter struct {
	waitable int32
	in       *task // whose set the waitable is in
	ready    chan uint32
	// then is called instead, where no goroutine waits.
	then func(code uint32)
}

var (
	waiters = map[int32]*waiter{}
	// orphans are how many waiters are in no set: there was no task.
	orphans int
)

func await(waitable int32) *waiter {
	w := &waiter{waitable: waitable, ready: make(chan uint32, 1)}
	waiters[waitable] = w
	if current == nil {
		orphans++
	} else {
		w.enter(current)
	}
	return w
}

func (w *waiter) enter(t *task) {
	w.in = t
	t.waits++
	waitableJoin(w.waitable, t.waitSet())
}

func (w *waiter) leave() {
	w.in.waits--
	w.in = nil
	orphans++
	waitableJoin(w.waitable, 0)
}

// forget ends the wait.
func (w *waiter) forget() {
	delete(waiters, w.waitable)
	if w.in == nil {
		orphans--
		return
	}
	w.in.waits--
	w.in = nil
	waitableJoin(w.waitable, 0)
}

// waiting is whether the event is still to come.
func (w *waiter) waiting() bool { return waiters[w.waitable] == w }

// adopt takes waiters that are in no set into the set of t.
func adopt(t *task) {
	if orphans == 0 {
		return
	}
	for _, w := range waiters {
		if w.in == nil {
			w.enter(t)
		}
	}
	orphans = 0
}

func deliver(event, waitable int32, code uint32) {
	w := waiters[waitable]
	if w == nil || event == eventSubtask && code == subtaskStarted {
		return
	}
	w.forget()
	if w.then != nil {
		w.then(code)
	} else {
		w.ready <- code
	}
}

// wait waits for the event of an operation, or cancels the operation when ctx
// is done.
func (w *waiter) wait(ctx context.Context, cancel func(int32) int32) uint32 {
	select {
	case code := <-w.ready:
		return code
	case <-ctx.Done():
	}
	if w.waiting() {
		w.forget()
		return uint32(cancel(w.waitable))
	}
	return <-w.ready
}

// Await waits until a call of an async import has returned. When ctx is done it
// cancels the call. The arguments are in the scope.
func Await(ctx context.Context, scope *Scope, status int32) error {
	state, subtask := uint32(status)&15, int32(uint32(status)>>4)
	if state != subtaskReturned {
		state = await(subtask).wait(ctx, subtaskCancel)
		subtaskDrop(subtask)
	}
	switch state {
	case subtaskNeverStarted:
		return context.Cause(ctx)
	case subtaskBeforeReturning:
		scope.Commit()
		return context.Cause(ctx)
	}
	scope.Commit()
	return nil
}
