package wit

import (
	"context"
	"unsafe"
)

// A Future is what generated code knows of one type of future.
type Future[T any] struct {
	create                     func() int64
	read, write                func(end int32, p unsafe.Pointer) int32
	cancelRead, cancelWrite    func(end int32) int32
	dropReadable, dropWritable func(end int32)

	size  int // of the value, in bytes
	lift  func(p unsafe.Pointer) (T, error)
	lower func(scope *Scope, p unsafe.Pointer, v T, err error)
}

// FutureOf is a type of future. Lift takes the value out of memory, and lower
// puts it there; the error is that of a result.
func FutureOf[T any](
	create func() int64,
	read, write func(end int32, p unsafe.Pointer) int32,
	cancelRead, cancelWrite func(end int32) int32,
	dropReadable, dropWritable func(end int32),
	size int,
	lift func(p unsafe.Pointer) (T, error),
	lower func(scope *Scope, p unsafe.Pointer, v T, err error),
) *Future[T] {
	return &Future[T]{
		create, read, write, cancelRead, cancelWrite, dropReadable, dropWritable, size, lift, lower,
	}
}

// NewFuture is the function that waits for the value of a future. When its
// context is done it returns the cause, and may be called again.
func NewFuture[T any](kind *Future[T], handle int32) func(context.Context) (T, error) {
	e := &end{cancel: kind.cancelRead}
	Own(e, &e.Resource, handle, kind.dropReadable)
	var (
		value T
		err   error
		known bool
	)
	return func(ctx context.Context) (T, error) {
		var scope Scope
		defer scope.Free()
		p := scope.Alloc(kind.size)
		code, failed := e.read(ctx, func(end int32) int32 {
			if known {
				return copyDropped
			}
			return kind.read(end, p)
		})
		switch {
		case known:
		case failed != nil:
			return value, failed
		case code == copyCancelled:
			return value, context.Cause(ctx)
		case code == copyDropped:
			return value, ErrClosed
		default:
			value, err = kind.lift(p)
			known = true
			_ = e.Close()
			e.ended = true
		}
		return value, err
	}
}

// NoValue is a future that has no value.
func NoValue(f func(context.Context) (struct{}, error)) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := f(ctx)
		return err
	}
}

// WithNoValue is the other way.
func WithNoValue(f func(context.Context) error) func(context.Context) (struct{}, error) {
	return func(ctx context.Context) (struct{}, error) { return struct{}{}, f(ctx) }
}

// LowerFuture gives a future to the host: what f returns.
func LowerFuture[T any](kind *Future[T], scope *Scope, f func(context.Context) (T, error)) int32 {
	ends := kind.create()
	readable, s := int32(ends), sink{int32(ends >> 32), kind.cancelWrite}
	scope.orElse(func() { kind.dropReadable(readable) })
	pump(func() {
		v, err := f(context.Background())
		var scope Scope
		defer scope.Free()
		p := scope.Alloc(kind.size)
		kind.lower(&scope, p, v, err)
		if _, open := s.write(kind.write(s.handle, p)); open {
			scope.Commit()
		} else {
			scope.Undo()
		}
		kind.dropWritable(s.handle)
	})
	return readable
}

// Certain returns the value of a future that cannot fail.
func Certain(err error) {
	if err != nil {
		panic("wit: the future of the WIT has no error, and its function returned one: " + err.Error())
	}
}
