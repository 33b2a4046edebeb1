package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"time"

	"example.com/guest/gen/test/tasks"
	"example.com/guest/gen/wit"
)

// same fails the scenario where got is not want.
func same(got, want any) error {
	if fmt.Sprint(got) != fmt.Sprint(want) {
		return fmt.Errorf("%v is not %v", got, want)
	}
	return nil
}

var scenarios = map[string]func(context.Context, uint32) (string, error){
	"sleep": func(ctx context.Context, n uint32) (string, error) { return "slept", tasks.Sleep(ctx, n) },
	// n calls one after the other.
	"loop": func(ctx context.Context, n uint32) (string, error) {
		for i := range n {
			if got, err := tasks.Add(ctx, i, 1); err != nil || got != i+1 {
				return "", errors.Join(err, same(got, i+1))
			}
		}
		return "", nil
	},
	"calls": calls,
	// n goroutines that sleep in the host at once.
	"goroutines": func(ctx context.Context, n uint32) (string, error) {
		var group sync.WaitGroup
		var total uint32
		for range n {
			group.Go(func() {
				if tasks.Sleep(ctx, 50) == nil {
					total++
				}
			})
		}
		group.Wait()
		return fmt.Sprint(total), nil
	},
	// A mutex that is held while the host works: calls go on one after the other.
	"mutex": func(ctx context.Context, n uint32) (string, error) {
		lock.Lock()
		defer lock.Unlock()
		before := inside
		inside++
		err := tasks.Sleep(ctx, n)
		inside--
		return fmt.Sprint(before), err
	},
	"timer": func(ctx context.Context, n uint32) (string, error) {
		start := time.Now()
		time.Sleep(time.Duration(n) * time.Millisecond)
		<-time.After(time.Duration(n) * time.Millisecond)
		if waited := time.Since(start); waited < 2*time.Duration(n)*time.Millisecond {
			return "", fmt.Errorf("only %v", waited)
		}
		return "", nil
	},
	"deadline": func(ctx context.Context, n uint32) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(n)*time.Millisecond)
		defer cancel()
		err := tasks.Sleep(ctx, 60_000)
		if !errors.Is(err, context.DeadlineExceeded) {
			return "", fmt.Errorf("%v", err)
		}
		var wrapped *tasks.Error
		if !errors.As(err, &wrapped) || wrapped.Op != "sleep" {
			return "", fmt.Errorf("%v is not an error of the package", err)
		}
		if err := tasks.Sleep(ctx, 1); !errors.Is(err, context.DeadlineExceeded) {
			return "", fmt.Errorf("%v, before a call", err)
		}
		return "", nil
	},
	"cause": func(ctx context.Context, _ uint32) (string, error) {
		ctx, cancel := context.WithCancelCause(ctx)
		why := errors.New("enough")
		go func() {
			_ = tasks.Sleep(context.Background(), 5)
			cancel(why)
		}()
		if err := tasks.Sleep(ctx, 60_000); !errors.Is(err, why) {
			return "", fmt.Errorf("%v", err)
		}
		return "", nil
	},
	// A goroutine of one call ends what another waits for.
	"wait": func(context.Context, uint32) (string, error) {
		<-signal
		return "signalled", nil
	},
	"signal": func(ctx context.Context, n uint32) (string, error) {
		for range n {
			signal <- struct{}{}
		}
		return "", nil
	},
	"leave": func(ctx context.Context, n uint32) (string, error) {
		go func() {
			_ = tasks.Sleep(context.Background(), n)
			left++
		}()
		return "", nil
	},
	"left":            func(context.Context, uint32) (string, error) { return fmt.Sprint(left), nil },
	"goroutines left": func(context.Context, uint32) (string, error) { return fmt.Sprint(runtime.NumGoroutine()), nil },
	"collect": func(context.Context, uint32) (string, error) {
		runtime.GC()
		return "", nil
	},
	"streams": streams,
	"drops":   drops,
	"futures": futures,
}

var (
	lock   sync.Mutex
	inside int
	left   int
	signal = make(chan struct{})
)

// Each kind of signature.
func calls(ctx context.Context, _ uint32) (string, error) {
	conn, err := tasks.Open(ctx, "db")
	if err != nil {
		return "", err
	}
	defer conn.Close()
	value, ok, err := conn.Get(ctx, "there")
	if err = errors.Join(err, same(value, "value of there"), same(ok, true), same(conn.Name(), "db")); err != nil {
		return "", err
	}
	if _, ok, err := conn.Get(ctx, "missing"); ok || err != nil {
		return "", fmt.Errorf("missing: %v %v", ok, err)
	}
	_, err = tasks.Open(ctx, "")
	if !errors.Is(err, tasks.ErrNotFound) {
		return "", fmt.Errorf("open: %v", err)
	}
	maybe := uint32(7)
	text, number, err := tasks.Many(ctx, "text", 1<<40, []string{"a", "b"}, &maybe, tasks.Point{X: 3, Name: "p"})
	if err = errors.Join(err, same(text, `text a,b 7 3 p`), same(number, uint64(1<<40))); err != nil {
		return "", err
	}
	if _, err := tasks.Fail(ctx, "slow"); !errors.Is(err, context.DeadlineExceeded) {
		return "", fmt.Errorf("fail: %v", err)
	}
	var other tasks.OtherError
	if _, err := tasks.Fail(ctx, "it broke"); !errors.As(err, &other) || other != "it broke" {
		return "", fmt.Errorf("fail: %v", err)
	}
	a, _ := tasks.Open(ctx, "a")
	b, _ := tasks.Open(ctx, "b")
	n, err := tasks.Join(ctx, []*tasks.Conn{a, b})
	if err = errors.Join(err, same(n, 2)); err != nil {
		return "", err
	}
	if _, _, err := a.Get(ctx, "x"); !errors.Is(err, wit.ErrClosed) {
		return "", fmt.Errorf("given away: %v", err)
	}
	// What is closed while a call uses it is dropped when that returns.
	used, _ := tasks.Open(ctx, "b")
	got := make(chan error)
	go func() {
		_, _, err := used.Get(ctx, "x")
		got <- err
	}()
	runtime.Gosched()
	if _, err := tasks.Join(ctx, []*tasks.Conn{used}); !errors.Is(err, wit.ErrInUse) {
		return "", fmt.Errorf("given away in use: %v", err)
	}
	if err := errors.Join(used.Close(), <-got); err != nil {
		return "", fmt.Errorf("closed in use: %v", err)
	}
	if _, err := tasks.Fail(ctx, "\xff"); err == nil {
		return "", errors.New("what is not UTF-8 was sent")
	}
	return "", nil
}

// streams has n bytes or elements each way.
func streams(ctx context.Context, n uint32) (string, error) {
	body, err := tasks.Download(ctx, n)
	if err != nil {
		return "", err
	}
	got, err := tasks.Upload(ctx, body)
	if err = errors.Join(err, same(got, n)); err != nil {
		return "", fmt.Errorf("host to host: %w", err)
	}
	body, _ = tasks.Download(ctx, n)
	all, err := io.ReadAll(body)
	if err = errors.Join(err, same(len(all), n), body.Close(), body.Close()); err != nil {
		return "", fmt.Errorf("download: %w", err)
	}
	if _, err := body.Read(make([]byte, 1)); err == nil {
		return "", errors.New("a closed stream was read")
	}
	got, err = tasks.Upload(ctx, bytes.NewReader(all))
	if err = errors.Join(err, same(got, n)); err != nil {
		return "", fmt.Errorf("upload: %w", err)
	}
	if got, err = tasks.Upload(ctx, nil); err != nil || got != 0 {
		return "", fmt.Errorf("no upload: %v %v", got, err)
	}
	all, err = io.ReadAll(tasks.Fetch(n, false))
	if err = errors.Join(err, same(len(all), n)); err != nil {
		return "", fmt.Errorf("fetch: %w", err)
	}
	all, err = io.ReadAll(tasks.Fetch(n, true))
	if len(all) != int(n) || !errors.Is(err, tasks.ErrTimeout) {
		return "", fmt.Errorf("fetch: %d, %v", len(all), err)
	}
	list := func(yield func(string, error) bool) {
		for i := range n {
			if !yield(fmt.Sprint("word ", i), nil) {
				return
			}
		}
		yield("", errors.New("the end"))
	}
	words, err := tasks.Words(ctx, list)
	if err = errors.Join(err, same(len(words), n)); err != nil {
		return "", err
	}
	if n > 0 {
		err = same(words[n-1], fmt.Sprint("word ", n-1))
	}
	i := uint32(0)
	for p, failed := range tasks.Count(n) {
		err = errors.Join(err, failed, same(p, tasks.Point{X: i, Name: fmt.Sprint("point ", i)}))
		i++
	}
	ticks := 0
	for _, failed := range tasks.Ticks(n) {
		err = errors.Join(err, failed)
		ticks++
	}
	err = errors.Join(err, same(i, n), same(ticks, n))
	if r, ok := tasks.Maybe(true); ok {
		all, failed := io.ReadAll(r)
		err = errors.Join(err, failed, same(string(all), "maybe"))
	} else {
		err = errors.Join(err, errors.New("no stream"))
	}
	if _, ok := tasks.Maybe(false); ok {
		err = errors.Join(err, errors.New("a stream"))
	}
	return "", err
}

// drops ends streams early, on each side.
func drops(ctx context.Context, n uint32) (string, error) {
	// The host has enough.
	r, w := io.Pipe()
	failed := make(chan error)
	go func() {
		for {
			if _, err := w.Write(make([]byte, 1000)); err != nil {
				failed <- err
				return
			}
		}
	}()
	some, err := tasks.Taste(ctx, r, n)
	if err = errors.Join(err, same(len(some), n)); err != nil {
		return "", err
	}
	if err := <-failed; err != io.ErrClosedPipe {
		return "", fmt.Errorf("a writer whose reader is gone: %v", err)
	}
	// We have enough.
	body, err := tasks.Download(ctx, 1<<20)
	if err != nil {
		return "", err
	}
	if _, err := io.ReadFull(body, make([]byte, n)); err != nil {
		return "", err
	}
	if err := errors.Join(body.Close(), body.Close()); err != nil {
		return "", err
	}
	for p, err := range tasks.Count(1 << 20) {
		if err != nil || p.X == n {
			break
		}
	}
	tasks.Attempt(false)
	tasks.Never()
	// Another goroutine has enough.
	body, _ = tasks.Fetch(0, false), error(nil)
	go body.Close()
	_, err = io.ReadAll(body)
	return "", func() error {
		if err != nil && !errors.Is(err, wit.ErrClosed) {
			return err
		}
		return nil
	}()
}

func futures(ctx context.Context, n uint32) (string, error) {
	text, err := tasks.Later(ctx, func(ctx context.Context) (string, error) {
		return "later", tasks.Sleep(ctx, 1)
	})
	if err = errors.Join(err, same(text, "later")); err != nil {
		return "", err
	}
	soon, err := tasks.Soon(ctx, n)
	if err != nil {
		return "", err
	}
	for range 2 {
		got, err := soon(ctx)
		if err = errors.Join(err, same(got, n)); err != nil {
			return "", err
		}
	}
	text, err = tasks.Attempt(false)(ctx)
	if err = errors.Join(err, same(text, "done")); err != nil {
		return "", err
	}
	attempt := tasks.Attempt(true)
	for range 2 {
		if _, err := attempt(ctx); !errors.Is(err, tasks.ErrNotFound) {
			return "", fmt.Errorf("attempt: %v", err)
		}
	}
	never := tasks.Never()
	for range 2 {
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		err := never(ctx)
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			return "", fmt.Errorf("never: %v", err)
		}
	}
	return "", nil
}
