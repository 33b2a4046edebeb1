package handler

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
)

// byTopic is what HandleFunc registered.
var byTopic = map[string]HandlerFunc{}

// HandleFunc lets f handle the messages of a topic. It is called in an init
// function, once for each topic: a second handler of a topic panics.
//
// The topics are recorded in the component, and hosts subscribe to them unless
// the operator says otherwise (MSG-M12). A message on another topic is an error.
//
// What f returns is nil if the message was dealt with. An error goes to the host
// as text, and where the broker redelivers the message comes again (MSG-M05). The
// message is closed when f returns: the host keeps open messages in a table that
// can be full.
func HandleFunc(topic string, f func(ctx context.Context, message *messaging.Message) error) {
	if topic == "" || f == nil || strings.ContainsRune(topic, '\n') {
		panic("handler: HandleFunc needs a topic on one line, and a function")
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
