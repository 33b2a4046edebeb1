package fake

import (
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

const (
	maxTopic   = 255
	maxMessage = 1 << 20
	// defaultLabel is the link that received messages came over.
	defaultLabel = "default"
)

// A Payload is a message as a broker has it.
type Payload struct {
	Data        []byte
	ContentType *string
	Metadata    []Metadatum
}

// A Metadatum is a pair of metadata, whose name no other pair of the message has.
type Metadatum struct{ Name, Value string }

func (p Payload) clone() Payload {
	p.Data, p.Metadata = slices.Clone(p.Data), slices.Clone(p.Metadata)
	return p
}

// Add adds a pair, or replaces the value of its name.
func (p *Payload) Add(name, value string) {
	for i, pair := range p.Metadata {
		if pair.Name == name {
			p.Metadata[i].Value = value
			return
		}
	}
	p.Metadata = append(p.Metadata, Metadatum{name, value})
}

// Remove removes the pair of a name, if there is one.
func (p *Payload) Remove(name string) {
	p.Metadata = slices.DeleteFunc(p.Metadata, func(pair Metadatum) bool { return pair.Name == name })
}

// A Message is what a component holds: made by it, or received.
type Message struct {
	Payload

	// Topic is where it was received.
	Topic *string

	// answers are where its replies go; nil if it did not ask for any.
	answers *answers
}

type answers struct {
	mu       sync.Mutex
	payloads []Payload
}

// A Sent is a message that a broker accepted.
type Sent struct {
	Topic string
	Payload
}

// A Broker keeps a list of all that was sent, and has scripted responders.
type Broker struct {
	host *Host

	mu         sync.Mutex
	sent       []Sent
	responders map[string][]func(*Message) *Payload

	// answering are the responders that run.
	answering sync.WaitGroup
}

// NewBroker returns a broker to which nothing was sent yet.
func NewBroker(host *Host) *Broker {
	return &Broker{host: host, responders: map[string][]func(*Message) *Payload{}}
}

// Sent is all that was sent so far.
func (b *Broker) Sent() []Sent {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.sent)
}

// AddResponder answers later requests to a topic. Nil is no answer.
func (b *Broker) AddResponder(topic string, responder func(*Message) *Payload) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.responders[topic] = append(b.responders[topic], responder)
}

// Wait returns when no responder runs.
func (b *Broker) Wait() { b.answering.Wait() }

// Received is a message as a handler gets it. One that asks has a place for replies.
func Received(topic string, payload Payload, asks bool) *Message {
	m := &Message{Payload: payload.clone(), Topic: &topic}
	if asks {
		m.answers = &answers{}
	}
	return m
}

// Answers are the replies to a message so far.
func (m *Message) Answers() []Payload {
	m.answers.mu.Lock()
	defer m.answers.mu.Unlock()
	return slices.Clone(m.answers.payloads)
}

// A Client is a connection to a broker.
type Client struct {
	broker *Broker
	label  string
	gone   atomic.Bool
}

// Connect connects to what is linked to a label.
func (b *Broker) Connect(label string) (*Client, *Error) {
	_, err := Run(b.host, Call{label, "connect", Open}, func(Route, time.Time) (struct{}, *Error) {
		return struct{}{}, nil
	})
	return &Client{broker: b, label: label}, err
}

// Disconnect ends the connection.
func (c *Client) Disconnect() *Error {
	if c.gone.Swap(true) {
		return c.live()
	}
	return nil
}

func (c *Client) live() *Error {
	if c.gone.Load() {
		return failure(kind.Unavailable, "this client was disconnected; connect again")
	}
	return nil
}

// Send sends a message.
func (c *Client) Send(topic string, payload Payload) *Error {
	if err := c.live(); err != nil {
		return err
	}
	_, err := Run(c.broker.host, Call{c.label, "send", Write}, func(Route, time.Time) (struct{}, *Error) {
		if err := sendable(topic, payload); err != nil {
			return struct{}{}, err
		}
		c.broker.mu.Lock()
		defer c.broker.mu.Unlock()
		c.broker.record(topic, payload)
		return struct{}{}, nil
	})
	return err
}

func (b *Broker) record(topic string, payload Payload) {
	b.sent = append(b.sent, Sent{topic, payload.clone()})
}

// Request sends a message and gathers replies: until so many came, one if
// expected is nil, or until timeout with those that came by then.
func (c *Client) Request(topic string, payload Payload, timeout *time.Duration, expected *uint32) ([]Payload, *Error) {
	if err := c.live(); err != nil {
		return nil, err
	}
	return Run(c.broker.host, Call{c.label, "request", Write}, func(_ Route, deadline time.Time) ([]Payload, *Error) {
		if err := sendable(topic, payload); err != nil {
			return nil, err
		}
		replies, err := c.broker.ask(topic, payload)
		if err != nil {
			return nil, err
		}
		count := 1
		if expected != nil {
			count = int(*expected)
		}
		limited := false
		if timeout != nil {
			if at := time.Now().Add(*timeout); at.Before(deadline) {
				deadline, limited = at, true
			}
		}
		return gather(replies, count, deadline, limited)
	})
}

// ask hands the question to each responder, on a goroutine of its own.
func (b *Broker) ask(topic string, payload Payload) (<-chan Payload, *Error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	responders := b.responders[topic]
	if len(responders) == 0 {
		return nil, failure(kind.Unavailable, "no responders for this topic: ReplyWith adds one")
	}
	b.record(topic, payload)
	replies := make(chan Payload, len(responders))
	for _, responder := range responders {
		question := Received(topic, payload, false)
		b.answering.Go(func() {
			if reply := responder(question); reply != nil {
				replies <- reply.clone()
			}
		})
	}
	return replies, nil
}

// gather waits until the deadline, which is the requester's own if it is
// limited: then what came by it is enough.
func gather(replies <-chan Payload, count int, deadline time.Time, limited bool) ([]Payload, *Error) {
	var gathered []Payload
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	for len(gathered) < count {
		select {
		case reply := <-replies:
			gathered = append(gathered, reply)
		case <-timer.C:
			if limited && len(gathered) > 0 {
				return gathered, nil
			}
			return nil, Write.unknown(failure(kind.Timeout, "no reply came in time"))
		}
	}
	return gathered, nil
}

// Reply answers a message; one that did not ask gets nothing.
func (b *Broker) Reply(to *Message, payload Payload) *Error {
	if to.answers == nil {
		return nil
	}
	_, err := Run(b.host, Call{defaultLabel, "reply", Write}, func(Route, time.Time) (struct{}, *Error) {
		if err := fitsMessage(payload); err != nil {
			return struct{}{}, err
		}
		to.answers.mu.Lock()
		defer to.answers.mu.Unlock()
		to.answers.payloads = append(to.answers.payloads, payload.clone())
		return struct{}{}, nil
	})
	return err
}

func sendable(topic string, payload Payload) *Error {
	why := ""
	switch {
	case topic == "":
		why = "it is empty"
	case len(topic) > maxTopic:
		why = "it is longer than 255 bytes"
	case strings.ContainsFunc(topic, unicode.IsControl):
		why = "it holds a control character"
	case strings.ContainsAny(topic, "*>#+"):
		why = "it holds a wildcard (one of * > # +)"
	default:
		return fitsMessage(payload)
	}
	return failure(kind.Invalid, "not a topic to send to: %s", why)
}

func fitsMessage(payload Payload) *Error {
	if len(payload.Data) > maxMessage {
		return failure(kind.Quota, "a message of %d bytes exceeds this broker's limit", len(payload.Data))
	}
	return nil
}
