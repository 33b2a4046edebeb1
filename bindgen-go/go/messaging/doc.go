// Package messaging sends messages to topics, asks and answers. What receives
// messages is in package handler.
//
//	err := messaging.Publish(ctx, "orders", []byte("one espresso"))
//
// A topic is 1 to 255 bytes of UTF-8 without control characters and without *, >,
// # and + (MSG-M07).
//
// An *Error is of the kind kind.AccessDenied for a missing grant,
// kind.Unavailable if the broker cannot be reached or the client was
// disconnected, kind.Timeout, or kind.Other for all else. After any of them but
// the first, what was sent may have arrived. Package messagingtest has a fake for
// tests.
package messaging
