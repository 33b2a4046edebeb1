package messagingtest

import (
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/fake"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// failed is the case that a host shows.
func failed(err *fake.Error) error {
	if err == nil {
		return nil
	}
	switch err.Kind {
	case kind.Timeout:
		return messaging.ErrTimeout
	case kind.Unavailable:
		return messaging.ConnectionError(err.Error())
	case kind.AccessDenied:
		return messaging.PermissionDeniedError(err.Error())
	default:
		return messaging.OtherError(err.Error())
	}
}

func (f *Fake) connect(label string) (*messaging.Client, error) {
	if err := fake.Text(label); err != nil {
		return nil, err
	}
	connected, err := f.broker.Connect(label)
	if err != nil {
		return nil, failed(err)
	}
	c := new(messaging.Client)
	wit.Own(c, &c.Resource, f.clients.Add(connected), f.clients.Drop)
	return c, nil
}

func (f *Fake) disconnect(c *messaging.Client) error {
	client, err := f.clients.Of(&c.Resource)
	if err != nil {
		return err
	}
	return failed(client.Disconnect())
}

func (f *Fake) send(c *messaging.Client, topic string, m *messaging.Message) error {
	client, err := f.clients.Of(&c.Resource)
	if err != nil {
		return err
	}
	if err := fake.Text(topic); err != nil {
		return err
	}
	message, err := f.messages.Take(&m.Resource)
	if err != nil {
		return err
	}
	return failed(client.Send(topic, message.Payload))
}

// options are those of a request, as far as they are set.
type options struct {
	timeout  *time.Duration
	expected *uint32
}

func (f *Fake) request(
	c *messaging.Client, topic string, m *messaging.Message, o *messaging.RequestOptions,
) ([]*messaging.Message, error) {
	client, err := f.clients.Of(&c.Resource)
	if err != nil {
		return nil, err
	}
	if err := fake.Text(topic); err != nil {
		return nil, err
	}
	message, err := f.messages.Of(&m.Resource)
	if err != nil {
		return nil, err
	}
	given := &options{}
	if o != nil {
		if given, err = f.options.Take(&o.Resource); err != nil {
			return nil, err
		}
	}
	payloads, failure := client.Request(topic, message.Payload, given.timeout, given.expected)
	var replies []*messaging.Message
	for _, payload := range payloads {
		replies = append(replies, f.own(&fake.Message{Payload: payload}))
	}
	return replies, failed(failure)
}

func (f *Fake) reply(to, m *messaging.Message) error {
	question, err := f.messages.Of(&to.Resource)
	if err != nil {
		return err
	}
	if to == m {
		// A component cannot lend a message and give it away in one call.
		return wit.ErrInUse
	}
	message, err := f.messages.Take(&m.Resource)
	if err != nil {
		return err
	}
	return failed(f.broker.Reply(question, message.Payload))
}

func (f *Fake) newOptions() *messaging.RequestOptions {
	o := new(messaging.RequestOptions)
	wit.Own(o, &o.Resource, f.options.Add(&options{}), f.options.Drop)
	return o
}

func (f *Fake) setTimeout(o *messaging.RequestOptions, ms uint32) {
	timeout := time.Duration(ms) * time.Millisecond
	must(f.options.Of(&o.Resource)).timeout = &timeout
}

func (f *Fake) setExpectedReplies(o *messaging.RequestOptions, count uint32) {
	must(f.options.Of(&o.Resource)).expected = &count
}

// must panics with an error that the function has no result for, as in a component.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
