package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"strings"

	"example.com/guest/gen/test/tasks"
	"example.com/guest/gen/test/tasks/service"
)

func init() {
	tasks.Handle(guest{})
	service.Handle(service.HandlerFunc(ping))
}

func main() {}

func ping(ctx context.Context, text string) string {
	now, err := service.Now(ctx)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprint("pong ", text, " at ", now)
}

type guest struct{}

func (guest) Run(ctx context.Context, what string, n uint32) (string, error) {
	f := scenarios[what]
	if f == nil {
		return "", tasks.ErrNotFound
	}
	return f(ctx, n)
}

func (guest) Lent(ctx context.Context, c *tasks.Conn, ms uint32) string {
	if err := tasks.Sleep(ctx, ms); err != nil {
		return err.Error()
	}
	lock.Lock()
	defer lock.Unlock()
	value, _, err := c.Get(ctx, "it")
	if err != nil {
		return err.Error()
	}
	return value
}

func (guest) Nothing(context.Context) {}

func (guest) Sync(n uint32) uint32 {
	if n == 99 {
		_ = tasks.Sleep(context.Background(), 1)
	}
	return n + 1
}

func (guest) Large(_ context.Context, a string, b []string, c tasks.Point, d *tasks.Point, e uint64, f float64, g []byte, h, i uint32) (string, []string, tasks.Point, *tasks.Point, uint64, float64, []byte, uint32, uint32, string) {
	return a, b, c, d, e, f, g, h, i, "end"
}

func (guest) Echo(_ context.Context, data io.ReadCloser) io.Reader { return data }

func (guest) Upper(_ context.Context, words iter.Seq2[string, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for word, err := range words {
			if !yield(strings.ToUpper(word), err) {
				return
			}
		}
	}
}

func (guest) Shift(_ context.Context, points iter.Seq2[tasks.Point, error]) iter.Seq2[tasks.Point, error] {
	return func(yield func(tasks.Point, error) bool) {
		for p, err := range points {
			if !yield(tasks.Point{X: p.X + 1, Name: p.Name + "'"}, err) {
				return
			}
		}
	}
}

func (guest) Double(_ context.Context, value func(context.Context) (uint32, error)) func(context.Context) (uint32, error) {
	return func(ctx context.Context) (uint32, error) {
		v, err := value(ctx)
		return 2 * v, err
	}
}

func (guest) Checked(_ context.Context, data io.ReadCloser, fails bool) io.Reader {
	if fails {
		return io.MultiReader(data, failing{tasks.OtherError("the end is bad")})
	}
	return data
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func (guest) Outcome(_ context.Context, fails bool) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		if err := tasks.Sleep(ctx, 1); err != nil {
			return "", err
		}
		if fails {
			return "", tasks.ErrNotFound
		}
		return "fine", nil
	}
}

type counter struct{ n uint32 }

func (guest) NewCounter(start uint32) tasks.Counter { return &counter{start} }

func (c *counter) Add(ctx context.Context, n uint32) uint32 {
	c.n, _ = tasks.Add(ctx, c.n, n)
	return c.n
}
