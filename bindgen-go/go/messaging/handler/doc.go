// Package handler receives messages. A program that imports it exports a handler:
//
//	func init() { handler.HandleFunc("ping", ping) }
//
//	func ping(ctx context.Context, message *messaging.Message) error { ... }
//
//	func main() {} // never runs
//
// The host calls one handler at a time, and several instances at once (MSG-M11).
//
// The context that a handler gets has no deadline and is never done: a host that
// has a deadline ends the instance. A handler waits for the goroutines that it
// starts: what still runs when it returns goes on during a later call, or never.
package handler
