// Package keyvaluetest has a fake host for code that uses packages keyvalue and
// keyvalueext, so that it runs in go test.
//
//	func TestVisits(t *testing.T) {
//		kv := keyvaluetest.New(t)
//		...
//	}
//
// Everything is granted, and every label is linked to memory. What fails does so
// as on a host: with the cases that each package has, and a call that gets no
// answer ends with a timeout. The conformance suite certifies that: it runs its
// cases against this fake, through the drivers that it has hosts run.
//
// The fake stands in for the one host of the process: tests that have one cannot
// be parallel. Goroutines of the test use it as they like.
package keyvaluetest

import (
	"sync"
	"testing"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/fake"
)

// A Fake is a host in the test's own process.
type Fake struct {
	host    *fake.Host
	store   *fake.Store
	buckets fake.Handles[*fake.Bucket]
	cas     fake.Handles[*fake.Cas]
	restore func()
}

// New starts a fake with nothing stored, which ends with the test.
func New(t testing.TB, options ...cloudtest.Option) *Fake {
	t.Helper()
	fake.Exclusive(t, "keyvaluetest.New")
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
	host, err := fake.NewHost("keyvalue", options...)
	if err != nil {
		return nil, err
	}
	f := &Fake{host: host, store: fake.NewStore()}
	f.restore = sync.OnceFunc(f.install())
	return f, nil
}

// Close makes the host what it was before Start. It may be called more than once.
func (f *Fake) Close() { f.restore() }

// Grant replaces what is granted, from the next call on, also of buckets that are
// open: rules such as "keyvalue:default:read", as on a host. What was denied to
// begin with stays denied.
//
// Errors: a rule that cannot be read is kind.Invalid, and nothing changes.
func (f *Fake) Grant(rules ...string) error { return f.host.Grant(rules...) }

// Switch links a label to a new and empty store. Open buckets go on with it, and
// versions and cursors of the old one are kind.Conflict. What was stored is gone.
func (f *Fake) Switch(label string) { f.host.Switch(label) }

// Inject lets a call to come fail, be late or hang.
func (f *Fake) Inject(fault cloudtest.Fault) { f.host.Inject(fault) }

// Heal takes back all faults that have not struck, and returns how many those
// were: at the end of a test 0 says that each met the call it was meant for.
func (f *Fake) Heal() int { return f.host.Heal() }

// Advance moves time forward, which otherwise stands still: lifetimes go by it.
// What waits for an answer waits in real time.
func (f *Fake) Advance(by time.Duration) { f.store.Advance(max(by, 0)) }
