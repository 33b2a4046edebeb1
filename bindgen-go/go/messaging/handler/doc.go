// Package handler receives messages. A program that imports it exports a handler:
//
//	func init() { handler.HandleFunc("ping", ping) }
//
//	func ping(ctx context.Context, message *messaging.Message) error { ... }
//
//	func main() {} // never runs
//
// The host calls one handler at a time, and several instances at once (MSG-M11).
package handler
