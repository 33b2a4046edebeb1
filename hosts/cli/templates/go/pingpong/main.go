// {{name}} answers every "ping" on the topic ping with "pong 1", "pong 2" and so
// on, on the topic pong.
package main

import (
	"context"
	"fmt"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/handler"
)

func init() { handler.HandleFunc("ping", ping) }

func ping(ctx context.Context, message *messaging.Message) error {
	if string(message.Data()) != "ping" {
		return nil
	}
	bucket, err := keyvalue.Open(ctx, "default")
	if err != nil {
		return err
	}
	defer bucket.Close()
	count, err := bucket.Increment(ctx, "count", 1)
	if err != nil {
		return err
	}
	return messaging.Publish(ctx, "pong", fmt.Appendf(nil, "pong %d", count))
}

func main() {}
