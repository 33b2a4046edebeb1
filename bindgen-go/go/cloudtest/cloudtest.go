// Package cloudtest is what the fakes of this module have in common: how a fake
// begins, and what can go wrong in it. The fakes themselves are in the packages
// keyvaluetest, messagingtest and configtest.
//
// Without options everything is granted, and every label that code names is
// linked when it is first named.
package cloudtest

import (
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// CallTimeout is how long a call lasts at most, unless WithCallTimeout says
// otherwise. It passes in real time.
const CallTimeout = 30 * time.Second

// Settings are how a fake begins. Options make them.
type Settings struct {
	// Grants are rules as a host has them. Nil grants everything.
	Grants []string

	// Denied are labels that are refused, whatever is granted.
	Denied []string

	// Links are the labels that are linked. Nil links every one.
	Links []string

	// Unlinked are labels that are not linked, whatever Links says.
	Unlinked []string

	// CallTimeout is how long a call lasts at most.
	CallTimeout time.Duration
}

// An Option makes a fake that is not as generous as it is without.
type Option func(*Settings)

// New returns what the options make.
func New(options ...Option) Settings {
	settings := Settings{CallTimeout: CallTimeout}
	for _, option := range options {
		option(&settings)
	}
	return settings
}

// WithGrants grants these and nothing else: rules such as "keyvalue:default" or
// "keyvalue:cache-*:read", as on a host. Without a rule it grants nothing.
func WithGrants(rules ...string) Option {
	return func(s *Settings) { s.Grants = append([]string{}, rules...) }
}

// WithDenied refuses all access to these labels, whatever is granted.
func WithDenied(labels ...string) Option {
	return func(s *Settings) { s.Denied = append(s.Denied, labels...) }
}

// WithLinks links these labels and no other, each to data of its own.
func WithLinks(labels ...string) Option {
	return func(s *Settings) { s.Links = append([]string{}, labels...) }
}

// WithUnlinked links these labels to nothing.
func WithUnlinked(labels ...string) Option {
	return func(s *Settings) { s.Unlinked = append(s.Unlinked, labels...) }
}

// WithCallTimeout is how long a call lasts at most, in real time. One that has no answer
// until then is kind.Timeout, where its package can say so.
func WithCallTimeout(limit time.Duration) Option {
	return func(s *Settings) { s.CallTimeout = limit }
}

// A Moment is when a fault strikes.
type Moment uint8

const (
	// Before: the service never hears of the call. Nothing happens, and the call
	// fails.
	Before Moment = iota

	// After: the service does the work and its reply is lost. The call fails, and
	// a write may have been applied.
	After

	// Late: the call is late by Fault.Delay of real time, and does not fail.
	Late

	// Never: the call gets no answer, and ends with the call timeout.
	Never
)

// A Fault strikes once: the next call that it fits. The zero Fault makes the
// next call of any kind kind.Unavailable.
type Fault struct {
	// Label is that of the call; empty fits all.
	Label string

	// Op is the call's function, as the WIT names it: "set", "list-keys", "send".
	// Empty fits all.
	Op string

	// Skip is how many calls that it fits pass first.
	Skip int

	// When it strikes.
	When Moment

	// Delay is how late a call of the moment Late is.
	Delay time.Duration

	// Kind is that of the failure; zero is kind.Unavailable. Code sees of it what
	// the package of the call can say.
	Kind kind.Kind
}
