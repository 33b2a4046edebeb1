// Package config reads what the operator configured. It is no place for secrets.
//
//	greeting, ok, err := config.Get(ctx, "greeting")
//
// Keys that work everywhere are lower-case words joined by _. An *Error is of the
// kind kind.Unavailable if the configuration could not be reached or read, and
// kind.Other for all else, a missing grant included. Package configtest has a fake
// for tests.
package config
