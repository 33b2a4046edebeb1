// The component's side of test:resources.
package main

import (
	"context"
	"errors"
	"runtime"
	"time"

	"example.com/guest/gen/test/resources"
	"example.com/guest/gen/wit"
)

type counter struct{ n uint32 }

func (c *counter) Add(n uint32) uint32 {
	c.n += n
	return c.n
}

func (c *counter) Value() uint32 { return c.n }

// Close counts, so that the host sees that it was called.
func (c *counter) Close() error {
	closed++
	return nil
}

var (
	closed, forgotten uint32

	lent *resources.Bucket
)

type handler struct{}

func init() { resources.Handle(handler{}) }

func main() {}

func (handler) NewCounter(start uint32) resources.Counter { return &counter{start} }

func (handler) Join(a, b resources.Counter) resources.Counter {
	return &counter{a.Value() + b.Value()}
}

func (handler) UseBorrow(c resources.Counter) uint32 { return c.Value() }

func (handler) Maybe(c resources.Counter) (resources.Counter, bool) { return c, c != nil }

func (handler) All(c []resources.Counter) []resources.Counter { return c }

func (handler) Some(_ context.Context, n uint32, last string) ([]resources.Counter, error) {
	var all []resources.Counter
	for i := range n {
		all = append(all, &counter{i})
	}
	if last == "nil" {
		all = append(all, nil)
	}
	return all, nil
}

// Lend keeps what it may not keep, and says what the bucket holds.
func (handler) Lend(ctx context.Context, b *resources.Bucket) (string, error) {
	lent = b
	value, ok, err := b.Get(ctx, "key")
	if err != nil {
		return "", err
	}
	if !ok && b.Name() == "not text" {
		return "\xff", nil
	}
	if !ok {
		return "nothing in " + b.Name(), nil
	}
	return string(value), nil
}

// Give gives the bucket back, after a use.
func (handler) Give(ctx context.Context, b *resources.Bucket) (*resources.Bucket, error) {
	if b.Name() == "closed" {
		return b, b.Close()
	}
	return b, b.Set(ctx, "given", []byte{1})
}

// Forget leaves the bucket to the collector, and calls no import that could drop it.
func (handler) Forget(b *resources.Bucket) {
	if forgotten++; forgotten%100 == 0 {
		runtime.GC()
	}
}

// Loop calls imports for long, and returns to nobody.
func (h handler) Loop(ctx context.Context, times uint32) (uint32, error) {
	for range times {
		if got, err := h.Keep(ctx, "loop"); got != 0 || err != nil {
			return got, err
		}
	}
	return 0, nil
}

// Keep makes each call there is, and leaves one bucket to the collector.
func (handler) Keep(ctx context.Context, name string) (uint32, error) {
	switch name {
	case "misuse":
		return misuse(ctx)
	case "goroutines":
		return goroutines(ctx)
	}
	b, err := resources.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	defer b.Close()
	if err := b.Set(ctx, "key", []byte(name)); err != nil {
		return 0, err
	}
	value, ok, err := b.Get(ctx, "key")
	if err != nil || !ok || string(value) != name {
		return 1, err
	}
	n, err := b.Increment(ctx, "n", 1)
	if err != nil || n != 1 {
		return 2, err
	}
	if first, ok := resources.First([]*resources.Bucket{b}); !ok || first != name {
		return 3, nil
	}
	left := resources.NewBucket("left")
	left = resources.Merge([]*resources.Bucket{left, resources.NewBucket("more")})
	if left.Name() != "left+more" {
		return 4, nil
	}
	if _, ok := resources.Maybe(nil); ok {
		return 5, nil
	}
	if maybe, ok := resources.Maybe(&name); !ok || maybe.Name() != name || maybe.Close() != nil {
		return 6, nil
	}
	return 0, nil
}

// Collect runs the collector, and returns how many counters are out, and how many were closed.
func (handler) Collect() uint32 {
	for range 3 {
		runtime.GC()
		runtime.Gosched()
	}
	resources.Count()
	return uint32(wit.Objects())<<16 | closed
}

// goroutines waits for timers, channels and imports of ten at a time.
func goroutines(ctx context.Context) (uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	failed := make(chan error)
	for i := range 10 {
		go func() {
			time.Sleep(time.Duration(i) * time.Millisecond)
			b, err := resources.Open(ctx, "mine")
			if err == nil {
				err = b.Close()
			}
			failed <- err
		}()
	}
	for range 10 {
		if err := <-failed; err != nil {
			return 1, err
		}
	}
	return 0, nil
}

// misuse returns the number of the first check that fails.
func misuse(ctx context.Context) (uint32, error) {
	_, err := resources.Open(ctx, "missing")
	var failed *resources.Error
	if !errors.Is(err, resources.ErrNoSuchStore) || !errors.As(err, &failed) || failed.Op != "open" || failed.Key != "missing" {
		return 1, nil
	}
	if err.Error() != "resources: open missing: no such store" {
		return 2, nil
	}
	var other resources.OtherError
	if _, err := resources.Open(ctx, "broken"); !errors.As(err, &other) || other != "it broke" {
		return 3, nil
	}
	if _, err := resources.Open(ctx, "slow"); !errors.Is(err, context.DeadlineExceeded) {
		return 4, nil
	}
	if _, _, err := lent.Get(ctx, "key"); !errors.Is(err, wit.ErrClosed) {
		return 5, nil
	}
	b := resources.NewBucket("b")
	if _, _, err := b.Get(ctx, "\xff"); !errors.Is(err, wit.ErrNotUTF8) {
		return 6, nil
	}
	done, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := b.Get(done, "key"); !errors.Is(err, context.Canceled) {
		return 7, nil
	}
	if b.Close() != nil || b.Close() != nil {
		return 8, nil
	}
	if err := b.Set(ctx, "key", nil); !errors.Is(err, wit.ErrClosed) {
		return 9, nil
	}
	good := resources.NewBucket("good")
	if !panics(func() { resources.Merge([]*resources.Bucket{good, b}) }) {
		return 10, nil
	}
	// It was not given away, since the call did not come about.
	if good.Name() != "good" {
		return 11, nil
	}
	if err := good.Absorb(ctx, good); !errors.Is(err, wit.ErrInUse) {
		return 12, nil
	}
	if err := good.Absorb(ctx, resources.NewBucket("other")); err != nil || good.Name() != "good" {
		return 13, nil
	}
	good.Close()
	return 0, errors.New("\xffan error of Go")
}

func panics(f func()) (caught bool) {
	defer func() { caught = recover() != nil }()
	f()
	return false
}
