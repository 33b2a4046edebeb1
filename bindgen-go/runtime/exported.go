package wit

import (
	"errors"
	"io"
)

// ErrNil means that a handler returned a resource that is nil.
var ErrNil = errors.New("wit: a handler returned a nil resource")

// What the component implements itself has a number, which the host keeps and
// gives back. Number n stands at index n-1.
var (
	objects []any
	vacant  []int32
)

// Register returns a number for v.
func Register(v any) int32 {
	if v == nil {
		panic(misuse{ErrNil})
	}
	if last := len(vacant) - 1; last >= 0 {
		n := vacant[last]
		vacant = vacant[:last]
		objects[n-1] = v
		return n
	}
	objects = append(objects, v)
	return int32(len(objects))
}

// Lookup returns what n stands for.
func Lookup[T any](n int32) T { return objects[n-1].(T) }

// Reclaim returns what n stands for, which the host has given back. The number
// stays in use until Destroy.
func Reclaim[T any](n int32) T {
	v := objects[n-1].(T)
	objects[n-1] = nil
	return v
}

// Destroy ends the use of a number. What it stood for is closed, if it can be.
func Destroy(n int32) {
	v := objects[n-1]
	objects[n-1] = nil
	vacant = append(vacant, n)
	if c, ok := v.(io.Closer); ok {
		_ = c.Close()
	}
}

// Objects is how many resources of the component are in the hands of others.
func Objects() int { return len(objects) - len(vacant) }
