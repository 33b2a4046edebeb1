package cloudevents

import (
	"strings"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
)

// An Event is what happened. What its attributes must be is looked at when it
// becomes a message, and when it is read of one. An attribute that is empty is
// not there. None may have control characters.
type Event struct {
	// ID tells this event from all others, together with Source.
	ID string

	// Source is where it happened: a URI reference, which is not checked.
	Source string

	// Type is what happened.
	Type string

	// DataContentType is the media type of the data. FromMessage sets that of
	// JSON where a structured message has JSON data and leaves it out.
	DataContentType string

	// DataSchema is the schema of the data: a URI, which is not checked.
	DataSchema string

	// Subject is what of the source it happened to.
	Subject string

	// Time is when it happened, as in RFC 3339: 2026-01-31T12:00:00Z. It is kept
	// as it is written; time.Parse reads it.
	Time string

	// Extensions are other attributes, which may be empty. A name is made of a to
	// z and 0 to 9. Numbers and booleans of a structured message are read as their
	// text, and written as text.
	Extensions map[string]string

	// Data is empty if there is none.
	Data []byte
}

// A Mode is how a message carries an event.
type Mode uint8

const (
	// Binary has attributes as metadata, and the data as it is.
	Binary Mode = iota

	// Structured is one JSON document.
	Structured
)

// ToMessage is the event as a message, without a topic.
//
// In structured mode data is a JSON value where DataContentType is JSON, and text
// where it is something else. Where it is missing, and data is not what it says,
// the data is in Base64.
func (e *Event) ToMessage(mode Mode) (*messaging.Message, error) {
	all, err := e.attributes()
	if err != nil {
		return nil, err
	}
	switch mode {
	case Binary:
		return writeBinary(all, e.Data)
	case Structured:
		return writeStructured(all, e), nil
	}
	return nil, failed(kind.Invalid, "there is no such mode")
}

// FromMessage reads the event of a message, in whichever mode it is. The message
// stays the caller's.
func FromMessage(message *messaging.Message) (*Event, error) {
	given, ok := message.ContentType()
	contentType := mediaType(given)
	switch {
	case !isFormat(contentType):
		return readBinary(message, given, ok)
	case contentType == structuredType:
		return readStructured(message.Data())
	case contentType == "application/cloudevents-batch+json":
		return nil, failed(kind.Unsupported, "a batch of CloudEvents: send each as a message of its own")
	}
	return nil, failed(kind.Unsupported, "CloudEvents as "+contentType+": only "+structuredType+" is read")
}

// mediaType is what a content type says without parameters, in small letters.
func mediaType(contentType string) string {
	name, _, _ := strings.Cut(contentType, ";")
	small := func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}
	return strings.Map(small, strings.Trim(name, " \t"))
}

// isFormat says whether a media type is one of events as a whole.
func isFormat(mediaType string) bool { return strings.HasPrefix(mediaType, "application/cloudevents") }

func isJSON(contentType string) bool {
	name := mediaType(contentType)
	return strings.HasSuffix(name, "/json") || strings.HasSuffix(name, "+json")
}

// failure is an error with a text that is the same in every language.
type failure struct {
	kind kind.Kind
	text string
}

func failed(k kind.Kind, text string) error { return &failure{k, text} }
func invalid(text string) error             { return failed(kind.Invalid, text) }

func (f *failure) Error() string { return "cloudevents: " + f.text }
func (f *failure) Unwrap() error { return f.kind }
