// A program that copies one stream of the host to another, and looks at streams that break.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"example.com/guest/gen/test/streams"
	"example.com/guest/gen/wasi/cli"
	wasi "example.com/guest/gen/wasi/io"
	"example.com/guest/gen/wit"
)

func init() { cli.Handle(cli.HandlerFunc(run)) }

func main() {}

func run(context.Context) error {
	for _, check := range []func() error{copyAll, broken, full, closed} {
		if err := check(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return err
		}
	}
	return nil
}

func copyAll() error {
	var in io.ReadCloser = cli.GetStdin()
	defer in.Close()
	var out io.WriteCloser = cli.GetStdout()
	defer out.Close()
	small := make([]byte, 10)
	if _, err := io.ReadFull(in, small); err != nil {
		return err
	}
	if _, err := out.Write(small); err != nil {
		return err
	}
	n, err := io.CopyBuffer(struct{ io.Writer }{out}, in, make([]byte, 100_000))
	if n != 999_990 || err != nil {
		return fmt.Errorf("copied %d: %w", n, err)
	}
	if n, err := in.Read(small); n != 0 || err != io.EOF {
		return fmt.Errorf("at the end: %d, %w", n, err)
	}
	return nil
}

func broken() error {
	_, err := io.ReadAll(streams.Input())
	var failed wasi.LastOperationFailedError
	if !errors.As(err, &failed) || err.Error() != "io: read: last operation failed: the cable is cut" {
		return fmt.Errorf("of a broken stream: %w", err)
	}
	return nil
}

func full() error {
	out := streams.Output()
	n, err := out.Write(make([]byte, 20_000))
	if n != 10_000 || err != io.ErrClosedPipe {
		return fmt.Errorf("of a full stream: %d, %w", n, err)
	}
	n, err = out.Write([]byte("x"))
	if n != 0 || err != io.ErrClosedPipe {
		return fmt.Errorf("of a full stream again: %d, %w", n, err)
	}
	if n, err := out.Write(nil); n != 0 || err != nil {
		return fmt.Errorf("of nothing: %d, %w", n, err)
	}
	return nil
}

func closed() error {
	out := streams.Output()
	if err := errors.Join(out.Close(), out.Close()); err != nil {
		return err
	}
	if _, err := out.Write([]byte("x")); !errors.Is(err, wit.ErrClosed) {
		return fmt.Errorf("of a closed stream: %w", err)
	}
	return nil
}
