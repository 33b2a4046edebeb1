// Package messagingtest has a fake host for code that uses packages messaging and
// handler, so that it runs in go test: it shows what was sent, delivers messages
// to handlers, and answers requests.
//
//	func TestPing(t *testing.T) {
//		broker := messagingtest.New(t)
//		err := broker.Deliver(t.Context(), "ping", []byte("ping"))
//		...
//	}
//
// Everything is granted, and every label is linked. What fails does so as on a
// host. What is sent reaches no handler: a test delivers by itself.
//
// The fake stands in for the one host of the process: tests that have one cannot
// be parallel. Goroutines of the test use it as they like.
package messagingtest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/fake"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/handler"
)

// A Fake is a host in the test's own process.
type Fake struct {
	host     *fake.Host
	broker   *fake.Broker
	clients  fake.Handles[*fake.Client]
	messages fake.Handles[*fake.Message]
	options  fake.Handles[*options]
	restore  func()
}

// New starts a fake to which nothing was sent, which ends with the test.
func New(t testing.TB, options ...cloudtest.Option) *Fake {
	t.Helper()
	fake.Exclusive(t, "messagingtest.New")
	f, err := Start(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// Start is New without a test, as in an example. Of several fakes the youngest is
// the host, so close that one first.
//
// Errors: a grant that cannot be read is kind.Invalid.
func Start(options ...cloudtest.Option) (*Fake, error) {
	host, err := fake.NewHost("messaging", options...)
	if err != nil {
		return nil, err
	}
	f := &Fake{host: host, broker: fake.NewBroker(host)}
	f.restore = sync.OnceFunc(f.install())
	return f, nil
}

// Close waits for responders that run, and makes the host what it was before
// Start. It may be called more than once.
func (f *Fake) Close() {
	f.broker.Wait()
	f.restore()
}

// Grant replaces what is granted, from the next call on, also of clients that are
// connected: rules such as "messaging:default:write", as on a host. What was
// denied to begin with stays denied.
//
// Errors: a rule that cannot be read is kind.Invalid, and nothing changes.
func (f *Fake) Grant(rules ...string) error { return f.host.Grant(rules...) }

// Inject lets a call to come fail, be late or hang.
func (f *Fake) Inject(fault cloudtest.Fault) { f.host.Inject(fault) }

// Heal takes back all faults that have not struck, and returns how many those
// were: at the end of a test 0 says that each met the call it was meant for.
func (f *Fake) Heal() int { return f.host.Heal() }

// A Published is a message that was sent.
type Published struct {
	Topic string
	Data  []byte

	// ContentType is empty if there is none.
	ContentType string

	// Metadata is nil if there is none.
	Metadata map[string]string
}

// Published is all that was sent so far and accepted, by Send and by Request, the
// oldest first. Asking changes nothing.
func (f *Fake) Published() []Published {
	var all []Published
	for _, sent := range f.broker.Sent() {
		all = append(all, published(sent.Topic, sent.Payload))
	}
	return all
}

func published(topic string, payload fake.Payload) Published {
	p := Published{Topic: topic, Data: payload.Data}
	if payload.ContentType != nil {
		p.ContentType = *payload.ContentType
	}
	for _, pair := range payload.Metadata {
		if p.Metadata == nil {
			p.Metadata = map[string]string{}
		}
		p.Metadata[pair.Name] = pair.Value
	}
	return p
}

// ErrNoHandler is what Deliver and Ask return where the program handles no
// messages.
var ErrNoHandler = errors.New("messagingtest: no handler: call handler.HandleFunc in an init function")

// Deliver hands a message with these bytes, received on the topic, to what the
// program registered in package handler, as the host would. It returns what the
// handler returned.
func (f *Fake) Deliver(ctx context.Context, topic string, data []byte) error {
	return f.handle(ctx, fake.Received(topic, fake.Payload{Data: data}, false))
}

// DeliverMessage is Deliver with any message. It does not ask for a reply.
func (f *Fake) DeliverMessage(ctx context.Context, topic string, message *messaging.Message) error {
	given, err := f.messages.Of(&message.Resource)
	if err != nil {
		return err
	}
	return f.handle(ctx, fake.Received(topic, given.Payload, false))
}

// Ask is Deliver with a message that asks for replies. It returns the handler's
// replies, which have no topic.
//
// Errors: those of the handler; then its replies are lost.
func (f *Fake) Ask(ctx context.Context, topic string, data []byte) ([]Published, error) {
	question := fake.Received(topic, fake.Payload{Data: data}, true)
	if err := f.handle(ctx, question); err != nil {
		return nil, err
	}
	var replies []Published
	for _, payload := range question.Answers() {
		replies = append(replies, published("", payload))
	}
	return replies, nil
}

func (f *Fake) handle(ctx context.Context, message *fake.Message) error {
	registered := handler.Registered()
	if registered == nil {
		return ErrNoHandler
	}
	return registered.Handle(ctx, f.own(message))
}

// ReplyWith answers every later request to this topic with what responder
// returns. With several responders each request gets a reply from each. Without
// any a request is kind.Unavailable: nobody is there to answer (MSG-M04). A
// responder that returns nil does not answer.
//
// The responder runs on a goroutine of its own, and Close waits for it.
func (f *Fake) ReplyWith(topic string, responder func(*messaging.Message) *messaging.Message) {
	f.broker.AddResponder(topic, func(question *fake.Message) *fake.Payload {
		answer := responder(f.own(question))
		if answer == nil {
			return nil
		}
		return &must(f.messages.Of(&answer.Resource)).Payload
	})
}
