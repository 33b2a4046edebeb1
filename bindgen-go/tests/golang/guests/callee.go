package main

import (
	"context"

	"example.com/guest/gen/test/pair"
)

func init() { pair.Handle(api{}) }

func main() {}

type api struct{}

var cancelled uint32

func (api) Work(ctx context.Context, ms uint32, stubborn bool) (string, error) {
	if stubborn {
		ctx = context.Background()
	}
	if err := pair.Sleep(ctx, ms); err != nil {
		cancelled++
		return "", err
	}
	return "worked", nil
}

func (api) Cancelled() uint32 { return cancelled }

func (api) Lend(ctx context.Context, c pair.Conn, ms uint32) uint32 {
	_ = pair.Sleep(ctx, ms)
	return c.Value(ctx)
}

type conn uint32

func (api) NewConn(n uint32) pair.Conn { return conn(n) }

func (c conn) Value(context.Context) uint32 { return uint32(c) }
