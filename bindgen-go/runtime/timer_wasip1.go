package wit

import (
	"math"
	_ "unsafe" // for linkname
)

// timeSleepUntil is when the next timer of Go is due.
//
//go:linkname timeSleepUntil runtime.timeSleepUntil
func timeSleepUntil() int64

//go:linkname nanotime runtime.nanotime
func nanotime() int64

// untilTimer is how many nanoseconds it is until a timer is due, or -1 where
// there is no timer.
func untilTimer() int64 {
	next := timeSleepUntil()
	if next == math.MaxInt64 {
		return -1
	}
	return max(next-nanotime(), 0)
}

// pending is whether there is a timer.
func pending() bool { return timeSleepUntil() != math.MaxInt64 }
