package messaging

import (
	"context"
	"time"
)

// Default is the label that Publish connects to.
const Default = "default"

// Publish sends data to a topic, over a connection of its own to the broker with
// the label Default. Who sends often keeps a Client.
//
// Errors: those of Connect and Client.Send.
func Publish(ctx context.Context, topic string, data []byte) error {
	client, err := Connect(ctx, Default)
	if err != nil {
		return err
	}
	defer client.Close()
	return client.Send(ctx, topic, NewMessage(data))
}

// milliseconds are never fewer than were asked for, nor more than there can be.
func milliseconds(d time.Duration) uint32 {
	if d <= 0 {
		return 0
	}
	return uint32(min((d-1)/time.Millisecond+1, 1<<32-1))
}
