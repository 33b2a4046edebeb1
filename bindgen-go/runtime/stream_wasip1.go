package wit

import (
	"context"
	"io"
	"iter"
	"sync"
	"unsafe"
)

// A Stream is what generated code knows of one type of stream.
type Stream[T any] struct {
	create                     func() int64
	read, write                func(end int32, p unsafe.Pointer, n uint32) int32
	cancelRead, cancelWrite    func(end int32) int32
	dropReadable, dropWritable func(end int32)

	size  int // of an element, in bytes
	lift  func(p unsafe.Pointer) T
	lower func(scope *Scope, p unsafe.Pointer, v T)
}

// StreamOf is a type of stream. Lift takes an element out of memory, and lower
// puts one there.
func StreamOf[T any](
	create func() int64,
	read, write func(end int32, p unsafe.Pointer, n uint32) int32,
	cancelRead, cancelWrite func(end int32) int32,
	dropReadable, dropWritable func(end int32),
	size int,
	lift func(p unsafe.Pointer) T,
	lower func(scope *Scope, p unsafe.Pointer, v T),
) *Stream[T] {
	return &Stream[T]{
		create, read, write, cancelRead, cancelWrite, dropReadable, dropWritable, size, lift, lower,
	}
}

// The low bits of what an operation on a stream or future returns. The others
// are how many elements there were.
const (
	copyDropped   = 1
	copyCancelled = 2
	copyBits      = 4

	// batch is how many elements are read at once.
	batch = 64
	piece = 64 << 10
)

// An end is the readable end of a stream or a future. Close may be called while
// another goroutine reads.
type end struct {
	Resource
	mu      sync.Mutex // held while reading
	reading *waiter
	ended   bool
	cancel  func(int32) int32
}

// read does one operation.
func (e *end) read(ctx context.Context, start func(end int32) int32) (uint32, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.Resource.state
	if e.ended {
		return copyDropped, nil
	}
	if s.handle == 0 {
		return 0, ErrClosed
	}
	Enter()
	handle := s.handle
	code := uint32(start(handle))
	if code == blocked {
		e.reading = await(handle)
		code = e.reading.wait(ctx, e.cancel)
		e.reading = nil
	}
	e.ended = code&(1<<copyBits-1) == copyDropped
	if s.handle == 0 {
		// Close has cancelled it, and left the end to who reads.
		s.drop(handle)
		return code, ErrClosed
	}
	return code, nil
}

// Close drops the end. It may be called more than once.
func (e *end) Close() error {
	w := e.reading
	if w == nil {
		return e.Resource.Close()
	}
	e.Resource.state.handle = 0
	if w.waiting() {
		w.forget()
		w.ready <- uint32(e.cancel(w.waitable))
	}
	return nil
}

// A byteReader reads a stream<u8>.
type byteReader struct {
	end
	kind *Stream[byte]
}

// NewReader is the reader of a stream<u8>.
func NewReader(kind *Stream[byte], handle int32) io.ReadCloser {
	r := &byteReader{kind: kind}
	r.cancel = kind.cancelRead
	Own(r, &r.Resource, handle, kind.dropReadable)
	return r
}

func (r *byteReader) Read(p []byte) (int, error) {
	for len(p) > 0 {
		code, err := r.read(context.Background(), func(end int32) int32 {
			return r.kind.read(end, unsafe.Pointer(unsafe.SliceData(p)), uint32(len(p)))
		})
		if n := code >> copyBits; n > 0 {
			return int(n), nil
		}
		if err != nil {
			return 0, err
		}
		if code == copyDropped {
			return 0, io.EOF
		}
	}
	return 0, nil
}

// NewSeq is the iterator over a stream. It can be used once.
func NewSeq[T any](kind *Stream[T], handle int32) iter.Seq2[T, error] {
	e := &end{cancel: kind.cancelRead}
	Own(e, &e.Resource, handle, kind.dropReadable)
	return func(yield func(T, error) bool) {
		defer e.Close()
		for {
			var scope Scope
			buffer := scope.Alloc(kind.size * batch)
			code, err := e.read(context.Background(), func(end int32) int32 { return kind.read(end, buffer, batch) })
			list := make([]T, code>>copyBits)
			for i := range list {
				list[i] = kind.lift(unsafe.Add(buffer, i*kind.size))
			}
			scope.Free()
			for _, v := range list {
				if !yield(v, nil) {
					return
				}
			}
			if err != nil {
				yield(*new(T), err)
				return
			}
			if code&(1<<copyBits-1) == copyDropped {
				return
			}
		}
	}
}

// A sink is the writable end of a stream or a future.
type sink struct {
	handle int32
	cancel func(int32) int32
}

// write does one operation, and returns what it wrote, and whether the reader is
// still there.
func (s *sink) write(status int32) (int, bool) {
	code := uint32(status)
	if code == blocked {
		code = await(s.handle).wait(context.Background(), s.cancel)
	}
	return int(code >> copyBits), code&(1<<copyBits-1) != copyDropped
}

// LowerReader gives a stream<u8> to the host: what is read from r. If r is an
// io.Closer it is closed at the end.
func LowerReader(kind *Stream[byte], scope *Scope, r io.Reader) int32 {
	ends := kind.create()
	readable, s := int32(ends), sink{int32(ends >> 32), kind.cancelWrite}
	scope.orElse(func() { kind.dropReadable(readable) })
	pump(func() {
		if r != nil {
			copyTo(kind, &s, r)
		}
		if c, ok := r.(io.Closer); ok {
			_ = c.Close()
		}
		kind.dropWritable(s.handle)
	})
	return readable
}

func copyTo(kind *Stream[byte], s *sink, r io.Reader) {
	buffer := make([]byte, piece)
	for {
		n, err := r.Read(buffer)
		for left := buffer[:n]; len(left) > 0; {
			written, open := s.write(kind.write(s.handle, unsafe.Pointer(unsafe.SliceData(left)), uint32(len(left))))
			if !open {
				return
			}
			left = left[written:]
		}
		if err != nil {
			return
		}
	}
}

// LowerSeq gives a stream to the host. It ends with the first error.
func LowerSeq[T any](kind *Stream[T], scope *Scope, seq iter.Seq2[T, error]) int32 {
	ends := kind.create()
	readable, s := int32(ends), sink{int32(ends >> 32), kind.cancelWrite}
	scope.orElse(func() { kind.dropReadable(readable) })
	pump(func() {
		if seq != nil {
			for v, err := range seq {
				if err != nil || !put(kind, &s, v) {
					break
				}
			}
		}
		kind.dropWritable(s.handle)
	})
	return readable
}

// put writes one element.
func put[T any](kind *Stream[T], s *sink, v T) bool {
	var scope Scope
	defer scope.Free()
	p := scope.Alloc(kind.size)
	kind.lower(&scope, p, v)
	for {
		n, open := s.write(kind.write(s.handle, p, 1))
		if n > 0 {
			scope.Commit()
			return open
		}
		if !open {
			scope.Undo()
			return false
		}
	}
}
