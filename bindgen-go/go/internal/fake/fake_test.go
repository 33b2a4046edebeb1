package fake

import (
	"errors"
	"strings"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

func TestRules(t *testing.T) {
	for _, c := range []struct {
		rule, label string
		access      Access
		want        bool
	}{
		{"keyvalue:default", "default", Write, true},
		{"keyvalue:default", "default2", Read, false},
		{"keyvalue:cache-*:read", "cache-1", Read, true},
		{"keyvalue:cache-*:read", "cache-1", Open, true},
		{"keyvalue:cache-*:read", "cache-1", Write, false},
		{"keyvalue:*", "a/b\nc", Write, true},
		{"keyvalue:*", "", Open, true},
		{"keyvalue:?", "é", Open, true},
		{"keyvalue:[a-c]x", "bx", Open, true},
		{"keyvalue:[!a-c]x", "bx", Open, false},
		{"keyvalue:{a,b}.c", "b.c", Open, true},
		{"keyvalue:{a,b}.c", "bxc", Open, false},
		{`keyvalue:\*`, "*", Open, true},
		{`keyvalue:\*`, "a", Open, false},
		{"messaging:default", "default", Open, false},
	} {
		r, err := parse(c.rule)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.allows("keyvalue", c.label, c.access); got != c.want {
			t.Errorf("%s, %q, %d: %v", c.rule, c.label, c.access, got)
		}
	}
	for _, bad := range []string{"keyvalue", "kv:default", "keyvalue:", "keyvalue:a:admin", "keyvalue:[", "keyvalue:{a", "keyvalue::read"} {
		if _, err := parse(bad); err == nil || err.Kind != kind.Invalid || !strings.Contains(err.Text, bad) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestCursorsOfOthersAreInvalid(t *testing.T) {
	for _, key := range []string{"", "a", "\x00", "é", "a/b"} {
		if got, err := decode(encode(key)); err != nil || got != "="+key {
			t.Errorf("%q: %q, %v", key, got, err)
		}
	}
	for _, bad := range []string{"", "0", "garbage", "after", "after:=", "after:a", "after:_w", "before:YQ", "YQ"} {
		if _, err := decode(bad); err == nil || err.Kind != kind.Invalid {
			t.Errorf("%q: %v", bad, err)
		}
	}
	for text, want := range map[string]kind.Kind{"1.x": 0, "0.x": kind.Conflict, "01.x": kind.Invalid, "x": kind.Invalid, ".x": kind.Invalid} {
		_, err := unstamp(1, text, "cursor")
		if (err == nil) != (want == 0) || err != nil && err.Kind != want {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// In parallel there is no telling whose fake is the host.
func TestParallelTestsAreRefused(t *testing.T) {
	t.Parallel()
	told := &refused{TB: t}
	Exclusive(told, "keyvaluetest.New")
	if !strings.Contains(told.why, "remove t.Parallel") {
		t.Error(told.why)
	}
}

type refused struct {
	testing.TB
	why string
}

func (r *refused) Fatalf(format string, _ ...any) { r.why = format }

func TestCounters(t *testing.T) {
	host, err := NewHost("keyvalue")
	if err != nil {
		t.Fatal(err)
	}
	b, failed := OpenBucket(host, NewStore(), "default")
	if failed != nil {
		t.Fatal(failed)
	}
	const most = 1<<63 - 1
	for _, step := range []struct{ delta, want int64 }{{most, most}, {-most, 0}, {-most - 1, -most - 1}, {most, -1}, {most, most - 1}} {
		if got, err := b.Increment("n", step.delta); got != step.want || err != nil {
			t.Errorf("%d, %v", got, err)
		}
	}
	if _, err := b.Increment("n", 2); err == nil || err.Kind != kind.Other {
		t.Error(err)
	}
	for _, bad := range []string{"", "+1", " 1", "01", "-0", "1.0", "9223372036854775808", "\xff", "one"} {
		if err := b.Set("n", []byte(bad)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Increment("n", 1); !errors.As(error(err), new(*Error)) || err.Kind != kind.Other {
			t.Errorf("%q is a counter", bad)
		}
	}
}
