package wit

// The timers of Go in a world with wasi:clocks/monotonic-clock@0.3: the host is
// asked to call back when the first is due. One task does that for all.

//go:wasmimport wasi:clocks/monotonic-clock@VERSION [async-lower]wait-for
func waitFor(nanoseconds int64) int32

var alarm struct {
	in   *task
	due  int64
	wait *waiter
}

// arm returns whether the task has to be called again at once, since a timer is
// due.
func (t *task) arm() bool {
	left := untilTimer()
	if left < 0 {
		return false
	}
	due := nanotime() + left
	if alarm.in != nil {
		if alarm.due <= due {
			return false
		}
		alarm.in.disarm()
	}
	status := uint32(waitFor(left))
	if status&15 == subtaskReturned {
		return true
	}
	w := await(int32(status >> 4))
	w.then = func(uint32) {
		subtaskDrop(w.waitable)
		if alarm.wait == w {
			alarm.in, alarm.wait = nil, nil
		}
	}
	alarm.in, alarm.due, alarm.wait = t, due, w
	return false
}

func (t *task) disarm() {
	if alarm.in != t {
		return
	}
	w := alarm.wait
	alarm.in, alarm.wait = nil, nil
	w.forget()
	subtaskCancel(w.waitable)
	subtaskDrop(w.waitable)
}
