// Answers a ping with a pong, with as many calls to the host as the peer's handler makes.
package main

import (
	"cmp"
	"context"
	"fmt"
	"strconv"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/handler"
)

func init() { handler.Handle(handler.HandlerFunc(pong)) }

func pong(ctx context.Context, ping *messaging.Message) error {
	defer ping.Close()
	name, _, err := config.Get(ctx, "bucket")
	if err != nil {
		return err
	}
	bucket, err := keyvalue.Open(ctx, cmp.Or(name, "default"))
	if err != nil {
		return err
	}
	defer bucket.Close()
	count, err := bucket.Increment(ctx, "count", 1)
	if err != nil {
		return err
	}
	last, ok, err := bucket.Get(ctx, "last")
	if err != nil {
		return err
	}
	if !ok {
		last = []byte("none")
	}
	data := ping.Data()
	if err := bucket.Set(ctx, "last", data); err != nil {
		return err
	}
	client, err := messaging.Connect(ctx, "default")
	if err != nil {
		return err
	}
	defer client.Close()
	pong := messaging.NewMessage(fmt.Appendf(nil, "pong %d: %s (previous: %s)", count, data, last))
	pong.SetContentType("text/plain")
	pong.AddMetadata("count", strconv.FormatInt(count, 10))
	return client.Send(ctx, "pong", pong)
}

func main() {}
