// Package step does one operation and shows one observation: wasi:messaging (types, producer, request-reply) through
// the SDK.
package step

import (
	"context"
	"errors"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/driver"
	"github.com/wasi-cloud/wasi-cloud/conformance/guests/go/messaging/line"
)

// State is what a driver keeps between operations. The zero value has no handles.
type State struct {
	clients  driver.Slots[*messaging.Client]
	messages driver.Slots[*messaging.Message]
}

// Exec does op.
func (s *State) Exec(op line.Op) line.Seen {
	seen, err := s.step(context.Background(), op)
	if misused := driver.Misused(0); errors.As(err, &misused) {
		return line.SeenMisused{Value: misused.Error()}
	}
	if err != nil {
		return line.SeenFailed{Value: failure(err)}
	}
	return seen
}

func (s *State) step(ctx context.Context, op line.Op) (line.Seen, error) {
	switch op := op.(type) {
	case line.OpConnect:
		client, err := messaging.Connect(ctx, op.Value.F1)
		if err != nil {
			return nil, err
		}
		return done(s.clients.Put(op.Value.F0, client))
	case line.OpDisconnect:
		client, err := s.clients.Get(op.Value)
		if err != nil {
			return nil, err
		}
		return done(client.Disconnect(ctx))
	case line.OpClose:
		return done(s.clients.Close(op.Value))
	case line.OpMessage:
		return done(s.messages.Put(op.Value.F0, messaging.NewMessage(op.Value.F1)))
	case line.OpTopic:
		message, err := s.messages.Get(op.Value)
		if err != nil {
			return nil, err
		}
		return text(message.Topic())
	case line.OpContentType:
		message, err := s.messages.Get(op.Value)
		if err != nil {
			return nil, err
		}
		return text(message.ContentType())
	case line.OpSetContentType:
		message, err := s.messages.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		message.SetContentType(op.Value.F1)
		return line.SeenDone{}, nil
	case line.OpData:
		message, err := s.messages.Get(op.Value)
		if err != nil {
			return nil, err
		}
		return line.SeenBytes{Value: message.Data()}, nil
	case line.OpSetData:
		message, err := s.messages.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		message.SetData(op.Value.F1)
		return line.SeenDone{}, nil
	case line.OpMetadata:
		message, err := s.messages.Get(op.Value)
		if err != nil {
			return nil, err
		}
		pairs, ok := message.Metadata()
		return line.SeenPairs{Value: driver.Option(pairs, ok)}, nil
	case line.OpAddMetadata:
		message, err := s.messages.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		message.AddMetadata(op.Value.F1, op.Value.F2)
		return line.SeenDone{}, nil
	case line.OpSetMetadata:
		message, err := s.messages.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		message.SetMetadata(op.Value.F1)
		return line.SeenDone{}, nil
	case line.OpRemoveMetadata:
		message, err := s.messages.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		message.RemoveMetadata(op.Value.F1)
		return line.SeenDone{}, nil
	case line.OpDrop:
		return done(s.messages.Close(op.Value))
	case line.OpSend:
		client, err := s.clients.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		message, err := s.messages.Take(op.Value.F2)
		if err != nil {
			return nil, err
		}
		return done(client.Send(ctx, op.Value.F1, message))
	case line.OpRequest:
		return s.request(ctx, op.Value)
	case line.OpReply:
		answer, err := s.messages.Take(op.Value.F1)
		if err != nil {
			return nil, err
		}
		message, err := s.messages.Get(op.Value.F0)
		if err != nil {
			return nil, err
		}
		return done(message.Reply(ctx, answer))
	}
	panic("an operation is left out")
}

func (s *State) request(ctx context.Context, wanted line.Request) (line.Seen, error) {
	client, err := s.clients.Get(wanted.Client)
	if err != nil {
		return nil, err
	}
	message, err := s.messages.Get(wanted.Message)
	if err != nil {
		return nil, err
	}
	options := messaging.NewRequestOptions()
	if wanted.TimeoutMs != nil {
		options.SetTimeoutMs(*wanted.TimeoutMs)
	}
	if wanted.ExpectedReplies != nil {
		options.SetExpectedReplies(*wanted.ExpectedReplies)
	}
	replies, err := client.Request(ctx, wanted.Topic, message, options)
	if err != nil {
		return nil, err
	}
	for i, reply := range replies {
		if err := s.messages.Put(wanted.Replies+uint32(i), reply); err != nil {
			return nil, err
		}
	}
	return line.SeenReplies{Value: uint32(len(replies))}, nil
}

func done(err error) (line.Seen, error) { return line.SeenDone{}, err }

func text(text string, ok bool) (line.Seen, error) {
	return line.SeenText{Value: driver.Option(text, ok)}, nil
}

func failure(err error) line.Failure {
	f := line.Failure{Kind: driver.Kind[line.Kind](err), Message: err.Error()}
	if kind.MaybeApplied(err) {
		f.Applied = line.AppliedMaybe
	}
	return f
}
