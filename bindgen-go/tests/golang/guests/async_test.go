package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"example.com/guest/gen/test/tasks"
	"example.com/guest/gen/wit"
)

// The host's side in Go: it waits as the host does.
func sleep(ctx context.Context, ms uint32) error {
	select {
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func TestCalls(t *testing.T) {
	ctx := context.Background()
	if _, err := (guest{}).Run(ctx, "sleep", 1); !errors.Is(err, wit.ErrNative) {
		t.Fatal("without a stand-in:", err)
	}
	tasks.Native.Sleep = sleep
	synctest.Test(t, func(t *testing.T) {
		for what, want := range map[string]string{"goroutines": "20", "deadline": "", "cause": "", "timer": ""} {
			if got, err := (guest{}).Run(t.Context(), what, 20); got != want || err != nil {
				t.Errorf("%s: %q, %v", what, got, err)
			}
		}
	})
}

func TestStreams(t *testing.T) {
	ctx := context.Background()
	got, err := io.ReadAll(guest{}.Checked(ctx, io.NopCloser(strings.NewReader("bytes")), true))
	if string(got) != "bytes" || err == nil {
		t.Errorf("%q, %v", got, err)
	}
	words := func(yield func(string, error) bool) {
		_ = yield("one", nil) && yield("two", nil)
	}
	if got := slices.Collect(keys(guest{}.Upper(ctx, words))); !slices.Equal(got, []string{"ONE", "TWO"}) {
		t.Error(got)
	}
	double := guest{}.Double(ctx, func(context.Context) (uint32, error) { return 21, nil })
	if got, err := double(ctx); got != 42 || err != nil {
		t.Error(got, err)
	}
}

func keys(seq iter.Seq2[string, error]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range seq {
			if !yield(word) {
				return
			}
		}
	}
}
