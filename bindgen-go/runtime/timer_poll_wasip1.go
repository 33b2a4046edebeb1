package wit

import _ "unsafe" // for linkname

// The timers of Go in a world without wasi:clocks/monotonic-clock@0.3: one of
// the tasks sleeps for at most a millisecond, which stops the whole component,
// and lets the host have its turn.

//go:linkname usleep runtime.usleep
func usleep(usec uint32)

const slice = 1000_000

var poller *task

// arm returns whether the task has to be called again soon, since a timer runs.
func (t *task) arm() bool {
	left := untilTimer()
	if left < 0 {
		t.disarm()
		return false
	}
	if poller != nil && poller != t {
		return false
	}
	poller = t
	if left > 0 {
		usleep(uint32(min(left, slice)/1000) + 1)
	}
	return true
}

func (t *task) disarm() {
	if poller == t {
		poller = nil
	}
}
