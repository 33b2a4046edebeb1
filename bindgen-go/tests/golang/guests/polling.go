package main

import (
	"context"
	"errors"
	"time"

	"example.com/guest/gen/test/polling"
	"example.com/guest/gen/test/polling/service"
)

func init() { service.Handle(service.HandlerFunc(run)) }

func main() {}

// run says in which order it got what it waited for.
func run(ctx context.Context, ms uint32) string {
	short, cancel := context.WithTimeout(ctx, 3*time.Duration(ms)*time.Millisecond)
	defer cancel()
	got := make(chan string)
	go func() {
		_ = polling.Sleep(ctx, 2*ms)
		got <- "host"
	}()
	go func() {
		if err := polling.Sleep(short, 60_000); errors.Is(err, context.DeadlineExceeded) {
			got <- "deadline"
		}
	}()
	go func() {
		time.Sleep(time.Duration(ms) * time.Millisecond)
		got <- "timer"
	}()
	return <-got + ", " + <-got + ", " + <-got
}
