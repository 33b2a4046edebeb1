package wit

import (
	"context"
	"errors"
	"runtime"
	"runtime/metrics"
	"unsafe"
)

// A task is one call of an async export. The handler runs in a goroutine. When
// no goroutine can go on, the export returns to the host and names a set of
// waitables; the host calls back with an event of the set, which goes to the
// goroutine that waits for it.
//
// Goroutines are not the task's: an event of one task may be what the handler
// of another waits for. But what a handler returned has to be given to the host
// while its own task runs, so a task wakes others.
type task struct {
	id        int32
	set       int32 // 0 until something is waited for
	waits     int   // waiters in the set
	pumps     int   // goroutines that write what the handler gave to the host
	finish    func()
	err       error
	cancel    context.CancelFunc
	cancelled bool
	handled   bool // the handler has returned
	returned  bool // the host has the result
	wake      int32
}

const (
	statusExit  = 0
	statusYield = 1
	statusWait  = 2

	eventNone      = 0
	eventSubtask   = 1
	eventCancelled = 6

	// turns are how often the scheduler is asked to go on before the host is.
	turns = 1000
)

var (
	current *task
	tasks   = map[int32]*task{}
	lastID  int32
	// changed are tasks whose handler or last pump has ended.
	changed  []*task
	runnable = []metrics.Sample{{Name: "/sched/goroutines/runnable:goroutines"}}
)

//go:wasmimport $root [context-get-0]
func contextGet() int32

//go:wasmimport $root [context-set-0]
func contextSet(value int32)

//go:wasmimport [export]$root [task-cancel]
func taskCancel()

// Start is an async export: it runs the handler, which returns what gives its
// result to the host, and its error.
func Start(handler func(context.Context) (func(), error)) int32 {
	ctx, cancel := context.WithCancel(context.Background())
	for lastID++; lastID <= 0 || tasks[lastID] != nil; lastID++ {
		lastID = max(lastID, 0)
	}
	t := &task{id: lastID, cancel: cancel}
	tasks[t.id] = t
	contextSet(t.id)
	go func() {
		t.finish, t.err = handler(ctx)
		t.handled = true
		changed = append(changed, t)
	}()
	return t.run()
}

// Callback takes an event to who waits for it.
func Callback(event, waitable, code int32) int32 {
	t := tasks[contextGet()]
	current = t
	switch event {
	case eventNone:
		// The task has yielded, and for that there are no others.
		if t.set != 0 {
			for event := poll(t.set); event != eventNone; event = poll(t.set) {
				t.take(event, polled[0], uint32(polled[1]))
			}
		}
	case eventCancelled:
		t.cancelled = true
		t.cancel()
	default:
		t.take(event, waitable, uint32(code))
	}
	return t.run()
}

func (t *task) take(event, waitable int32, code uint32) {
	if waitable != t.wake {
		deliver(event, waitable, code)
		return
	}
	t.wake = 0
	waitableJoin(waitable, 0)
	unitDropReadable(waitable)
}

// run lets goroutines run until none can, and says how the task goes on.
func (t *task) run() int32 {
	current = t
	busy := t.settle()
	if t.handled && !t.returned {
		t.giveBack()
		busy = t.settle()
	}
	ended := t.returned && t.pumps == 0
	if ended {
		// What the handler left behind may wait for this.
		t.cancel()
		busy = t.settle()
		ended = t.pumps == 0
	}
	reap()
	for _, other := range changed {
		if other != t && tasks[other.id] == other {
			other.wakeUp()
		}
	}
	clear(changed)
	changed = changed[:0]
	status := int32(statusYield)
	if ended {
		t.end()
		status = statusExit
	} else if !busy {
		adopt(t)
		if !t.arm() {
			status = statusWait | t.waitSet()<<4
		}
	}
	current = nil
	return status
}

// settle gives goroutines their turns. It returns true if some could still go
// on: the host is to have a turn, too. The metric is exact, since there is but
// one thread, and reading it stops nothing. It does not count the workers of a
// collection, which somebody may wait for.
func (t *task) settle() bool {
	for range turns {
		runtime.Gosched()
		metrics.Read(runnable)
		if runnable[0].Value.Uint64() == 0 && (collecting == 0 || t.handled) {
			return false
		}
	}
	return true
}

// collecting is not 0 while the collector marks.
//
//go:linkname collecting runtime.gcBlackenEnabled
var collecting uint32

// giveBack gives the host the result, or says that there is none because the
// host did not want it any more.
func (t *task) giveBack() {
	t.returned = true
	if t.cancelled && errors.Is(t.err, context.Canceled) {
		taskCancel()
	} else {
		t.finish()
	}
	t.finish, t.err = nil, nil
}

// polled is the waitable of the last event that was polled, and its code.
var polled [2]int32

func poll(set int32) int32 { return waitableSetPoll(set, unsafe.Pointer(&polled)) }

func (t *task) waitSet() int32 {
	if t.set == 0 {
		t.set = waitableSetNew()
	}
	return t.set
}

// end leaves what still waits to other tasks.
func (t *task) end() {
	delete(tasks, t.id)
	t.disarm()
	if t.wake != 0 {
		waitableJoin(t.wake, 0)
		unitCancelRead(t.wake)
		unitDropReadable(t.wake)
	}
	if t.waits > 0 {
		for _, w := range waiters {
			if w.in == t {
				w.leave()
			}
		}
	}
	if t.set != 0 {
		waitableSetDrop(t.set)
	}
	if orphans > 0 || pending() {
		for _, other := range tasks {
			other.wakeUp()
			break
		}
	}
}

// Every task can be woken by an event of a stream of nothing, whose both ends
// are the component's own.

//go:wasmimport $root [stream-new-unit]
func unitNew() int64

//go:wasmimport $root [async-lower][stream-read-unit]
func unitRead(end, unused, n int32) int32

//go:wasmimport $root [async-lower][stream-write-unit]
func unitWrite(end, unused, n int32) int32

//go:wasmimport $root [stream-cancel-read-unit]
func unitCancelRead(end int32) int32

//go:wasmimport $root [stream-drop-readable-unit]
func unitDropReadable(end int32)

//go:wasmimport $root [stream-drop-writable-unit]
func unitDropWritable(end int32)

// wakeUp makes the host call the task back.
func (t *task) wakeUp() {
	if t.wake != 0 {
		return
	}
	ends := unitNew()
	readable, writable := int32(ends), int32(ends>>32)
	unitRead(readable, 0, 1)
	waitableJoin(readable, t.waitSet())
	unitWrite(writable, 0, 1)
	unitDropWritable(writable)
	t.wake = readable
}

// pump runs f in a goroutine. The task that goes on now does not end before f.
func pump(f func()) {
	t := current
	if t != nil {
		t.pumps++
	}
	go func() {
		f()
		if t == nil {
			return
		}
		if t.pumps--; t.pumps == 0 {
			changed = append(changed, t)
		}
	}()
}
