// Package configtest has a fake host for code that uses package config, so that it
// runs in go test.
//
//	func TestGreeting(t *testing.T) {
//		configtest.New(t).Set("greeting", "hello")
//		...
//	}
//
// Everything is granted, and nothing is configured. What fails does so as on a
// host; the one label of config is "default".
//
// The fake stands in for the one host of the process: tests that have one cannot
// be parallel. Goroutines of the test use it as they like.
package configtest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/fake"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// A Fake is a host in the test's own process.
type Fake struct {
	host    *fake.Host
	config  *fake.Config
	restore func()
}

// New starts a fake with nothing configured, which ends with the test.
func New(t testing.TB, options ...cloudtest.Option) *Fake {
	t.Helper()
	fake.Exclusive(t, "configtest.New")
	f, err := Start(options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// Start is New without a test, as in an example. Of several fakes the youngest is
// the host, so close that one first.
//
// Errors: a grant that cannot be read is kind.Invalid.
func Start(options ...cloudtest.Option) (*Fake, error) {
	host, err := fake.NewHost("config", options...)
	if err != nil {
		return nil, err
	}
	f := &Fake{host: host, config: fake.NewConfig(host)}
	f.restore = sync.OnceFunc(f.install())
	return f, nil
}

// Close makes the host what it was before Start. It may be called more than once.
func (f *Fake) Close() { f.restore() }

// Set configures a value, from the next call on.
func (f *Fake) Set(key, value string) { f.config.Set(key, value) }

// Remove takes a value away, from the next call on.
func (f *Fake) Remove(key string) { f.config.Remove(key) }

// Grant replaces what is granted, from the next call on: "config:default", or
// nothing. What was denied to begin with stays denied.
//
// Errors: a rule that cannot be read is kind.Invalid, and nothing changes.
func (f *Fake) Grant(rules ...string) error { return f.host.Grant(rules...) }

// Inject lets a call to come fail, be late or hang.
func (f *Fake) Inject(fault cloudtest.Fault) { f.host.Inject(fault) }

// Heal takes back all faults that have not struck, and returns how many those
// were: at the end of a test 0 says that each met the call it was meant for.
func (f *Fake) Heal() int { return f.host.Heal() }

// failed is the case that a host shows.
func failed(err *fake.Error) error {
	if err == nil {
		return nil
	}
	switch err.Kind {
	case kind.Timeout, kind.Unavailable:
		return config.IoError(err.Error())
	default:
		return config.UpstreamError(err.Error())
	}
}

func (f *Fake) get(key string) (string, bool, error) {
	if err := fake.Text(key); err != nil {
		return "", false, err
	}
	value, err := f.config.Get(key)
	if err != nil || value == nil {
		return "", false, failed(err)
	}
	return *value, true, nil
}

func (f *Fake) getAll() ([]wit.Tuple2[string, string], error) {
	all, err := f.config.All()
	var pairs []wit.Tuple2[string, string]
	for key, value := range all {
		pairs = append(pairs, wit.Tuple2[string, string]{F0: key, F1: value})
	}
	slices.SortFunc(pairs, func(a, b wit.Tuple2[string, string]) int { return strings.Compare(a.F0, b.F0) })
	return pairs, failed(err)
}
