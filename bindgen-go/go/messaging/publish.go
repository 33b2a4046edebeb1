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

// WithPair adds a pair of metadata, or replaces the value that the name had.
func WithPair(name, value string) MessageOption {
	return func(m *Message) { m.AddMetadata(name, value) }
}

// WithTimeout waits at most this long for replies, in whole milliseconds, rounded
// up. Zero takes the replies that are already there (MSG-M03). More than 2^32 - 1
// ms (49 days) are taken as that; the host's own call timeout ends it earlier.
func WithTimeout(timeout time.Duration) RequestOptionsOption {
	ms := uint32(0)
	if timeout > 0 {
		ms = uint32(min((timeout-1)/time.Millisecond+1, 1<<32-1))
	}
	return WithTimeoutMs(ms)
}
