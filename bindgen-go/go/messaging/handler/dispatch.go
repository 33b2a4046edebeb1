package handler

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
)

// byTopic is what HandleFunc registered.
var byTopic = map[string]HandlerFunc{}

// HandleFunc lets f handle the messages of a topic. It is called in an init
// function, once for each topic: a second handler of a topic panics, and so does
// what no message can be sent to (MSG-M07), a pattern included. A program calls
// HandleFunc or Handle, which takes all messages, not both.
//
// The topics are recorded in the component, and hosts subscribe to them unless
// the operator says otherwise (MSG-M12). A message on another topic is an error.
//
// What f returns is nil if the message was dealt with. An error goes to the host
// as text, and where the broker redelivers the message comes again (MSG-M05). The
// message is closed when f returns: the host keeps open messages in a table that
// can be full.
func HandleFunc(topic string, f func(ctx context.Context, message *messaging.Message) error) {
	if topic == "" || len(topic) > 255 || !utf8.ValidString(topic) ||
		strings.ContainsFunc(topic, unicode.IsControl) || strings.ContainsAny(topic, "*>#+") {
		panic("handler: " + strconv.Quote(topic) + " is no topic: 1 to 255 bytes of UTF-8, no control characters, none of * > # +")
	}
	if f == nil {
		panic("handler: HandleFunc needs a function")
	}
	if handler != nil && len(byTopic) == 0 {
		panic("handler: Handle took all messages already: call it or HandleFunc, not both")
	}
	if byTopic[topic] != nil {
		panic("handler: the topic " + topic + " has two handlers")
	}
	byTopic[topic] = f
	Handle(HandlerFunc(dispatch))
}

func dispatch(ctx context.Context, message *messaging.Message) error {
	defer message.Close()
	topic, _ := message.Topic()
	f := byTopic[topic]
	if f == nil {
		return unhandled(topic)
	}
	return f(ctx, message)
}

// Registered is what the host calls: what Handle or HandleFunc was called with
// last. Nil if neither was.
func Registered() Handler { return handler }

// lines are the topics, each with a newline behind it.
func lines() string {
	topics := make([]string, 0, len(byTopic))
	for topic := range byTopic {
		topics = append(topics, topic+"\n")
	}
	slices.Sort(topics)
	return strings.Join(topics, "")
}

// unhandled is the error of a message on a topic without a handler.
type unhandled string

func (unhandled) Unwrap() error { return kind.NotFound }

func (topic unhandled) Error() string {
	return kind.NotFound.String() + ": no handler for the topic " + strconv.Quote(string(topic))
}
