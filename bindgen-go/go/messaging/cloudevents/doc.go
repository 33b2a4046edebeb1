// Package cloudevents makes CloudEvents 1.0 of messages, and messages of
// CloudEvents.
//
//	event, err := cloudevents.FromMessage(message)
//
// A message carries an event in one of two modes, and its content type says in
// which:
//
//   - Binary: the data is the message's data, datacontenttype its content type,
//     and every other attribute is metadata under its name with ce- in front, as
//     in the bindings for HTTP and NATS. A value is written as it is and not
//     percent-encoded: metadata is any text, and a host brings it into the form
//     of its broker.
//   - Structured: the content type is application/cloudevents+json, and the data
//     is the event as JSON. Metadata is neither written nor read.
//
// The SDKs for Rust and C write the same bytes and refuse the same messages, in
// the same words.
//
// Errors are of the kind kind.Unsupported for a batch, for another format than
// JSON and for another specversion than 1.0, and of the kind kind.Invalid for
// what is no CloudEvent.
//
// An Event is not that of github.com/cloudevents/sdk-go: this module has no
// dependencies, and a component with that one is 2 MB larger.
package cloudevents
