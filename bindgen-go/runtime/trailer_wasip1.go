package wit

import (
	"context"
	"io"
	"iter"
)

// A stream and the future after it, which has the stream's error, are one in Go.

type trailed struct {
	io.ReadCloser
	trailer func(context.Context) error
}

// WithTrailer is the reader whose error at the end is the future's.
func WithTrailer(r io.ReadCloser, trailer func(context.Context) error) io.ReadCloser {
	return &trailed{r, trailer}
}

func (t *trailed) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	if err == io.EOF {
		if failed := t.trailer(context.Background()); failed != nil {
			err = failed
		}
	}
	return n, err
}

// WithTrailerSeq is the iterator whose last error is the future's.
func WithTrailerSeq[T any](seq iter.Seq2[T, error], trailer func(context.Context) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for v, err := range seq {
			if !yield(v, err) || err != nil {
				return
			}
		}
		if err := trailer(context.Background()); err != nil {
			yield(*new(T), err)
		}
	}
}

// A verdict is the error of a stream, once it has ended.
type verdict struct {
	ended chan struct{}
	err   error
}

func (v *verdict) end(err error) {
	select {
	case <-v.ended:
	default:
		v.err = err
		close(v.ended)
	}
}

func (v *verdict) wait(context.Context) error {
	<-v.ended
	return v.err
}

type judged struct {
	io.Reader
	*verdict
}

func (j judged) Read(p []byte) (int, error) {
	n, err := j.Reader.Read(p)
	if err == io.EOF {
		j.end(nil)
	} else if err != nil {
		j.end(err)
	}
	return n, err
}

// Close is called when nothing more is read, be it at the end or before.
func (j judged) Close() error {
	j.end(nil)
	if c, ok := j.Reader.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// Trailer is the other way: a stream, and a future with its error.
func Trailer(r io.Reader) (io.Reader, func(context.Context) error) {
	v := &verdict{ended: make(chan struct{})}
	if r == nil {
		v.end(nil)
		return nil, v.wait
	}
	return judged{r, v}, v.wait
}

// TrailerSeq is the same for an iterator.
func TrailerSeq[T any](seq iter.Seq2[T, error]) (iter.Seq2[T, error], func(context.Context) error) {
	v := &verdict{ended: make(chan struct{})}
	return func(yield func(T, error) bool) {
		defer v.end(nil)
		if seq == nil {
			return
		}
		for value, err := range seq {
			if err != nil {
				v.end(err)
			}
			if !yield(value, err) {
				return
			}
		}
	}, v.wait
}
