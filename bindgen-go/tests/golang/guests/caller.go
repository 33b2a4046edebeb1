package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"example.com/guest/gen/test/pair"
	"example.com/guest/gen/test/pair/caller"
)

func init() { caller.Handle(caller.HandlerFunc(run)) }

func main() {}

func run(ctx context.Context, deadline uint32) string {
	wait := time.Duration(deadline) * time.Millisecond
	short, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if _, err := pair.Work(short, 60_000, false); !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprint("not cancelled: ", err)
	}
	short, cancel = context.WithTimeout(ctx, wait)
	defer cancel()
	// Who is stubborn is waited for.
	if text, err := pair.Work(short, 2*deadline, true); err != nil || text != "worked" {
		return fmt.Sprint("stubborn: ", text, " ", err)
	}
	c := pair.NewConn(7)
	defer c.Close()
	if n, err := c.Lend(ctx, 1); err != nil || n != 7 {
		return fmt.Sprint("lend: ", n, " ", err)
	}
	return fmt.Sprint(pair.Cancelled(), " cancelled")
}
