package fake

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

const (
	maxKey   = 1024
	maxValue = 1 << 20
	// page is how many keys a page has for which the caller set no limit.
	page = 256
	// maxPage is the most that one can ask for.
	maxPage = 1000
	// forever is the deadline of what does not expire: no clock of ours gets there.
	forever = time.Duration(math.MaxInt64)
)

// A Store is what is behind the links of key-value. Each operation is one step
// under one lock.
type Store struct {
	mu   sync.Mutex
	now  time.Duration
	data map[Scope]map[string]slot
	// mark is no other store's, so that a version of that one means nothing here.
	mark    string
	written uint64
}

type slot struct {
	value    []byte
	version  string
	deadline time.Duration
}

// NewStore returns an empty one, at time 0.
func NewStore() *Store {
	return &Store{data: map[Scope]map[string]slot{}, mark: rand.Text()}
}

// Advance moves the clock.
func (s *Store) Advance(by time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = later(s.now, by)
}

func later(at, by time.Duration) time.Duration {
	if by > forever-at {
		return forever
	}
	return at + by
}

func (s *Store) get(at Scope, key string) (slot, bool) {
	found, present := s.data[at][key]
	if present && found.deadline <= s.now && found.deadline != forever {
		delete(s.data[at], key)
		return slot{}, false
	}
	return found, present
}

func (s *Store) put(at Scope, key string, value []byte, deadline time.Duration) string {
	s.written++
	version := fmt.Sprintf("%s-%d", s.mark, s.written)
	if s.data[at] == nil {
		s.data[at] = map[string]slot{}
	}
	s.data[at][key] = slot{slices.Clone(value), version, deadline}
	return version
}

// keys are up to limit keys with the prefix, in byte order, from behind after on.
func (s *Store) keys(at Scope, prefix, after string, limit int) (keys []string) {
	for key := range s.data[at] {
		if _, present := s.get(at, key); present && strings.HasPrefix(key, prefix) && (after == "" || key > after[1:]) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(len(keys), limit)]
}

// increment keeps the lifetime of its key.
func (s *Store) increment(at Scope, key string, delta int64) (int64, *Error) {
	old, present := s.get(at, key)
	current := int64(0)
	if present {
		number, err := strconv.ParseInt(string(old.value), 10, 64)
		if err != nil || strconv.FormatInt(number, 10) != string(old.value) {
			return 0, failure(kind.Other, "the value is not a counter: decimal text of a 64-bit integer")
		}
		current = number
	} else {
		old.deadline = forever
	}
	sum := current + delta
	if (sum > current) != (delta > 0) && delta != 0 {
		return 0, failure(kind.Other, "the counter would overflow 64 bits")
	}
	s.put(at, key, strconv.AppendInt(nil, sum, 10), old.deadline)
	return sum, nil
}

const cursorPrefix = "after:"

func encode(last string) string {
	return cursorPrefix + base64.RawURLEncoding.EncodeToString([]byte(last))
}

// decode returns the key that a page ended with, with a byte before it, since
// the empty key is one too.
func decode(cursor string) (string, *Error) {
	code, ours := strings.CutPrefix(cursor, cursorPrefix)
	last, err := base64.RawURLEncoding.Strict().DecodeString(code)
	if !ours || err != nil || !utf8.Valid(last) {
		return "", failure(kind.Invalid, "this cursor was not made by this store")
	}
	return "=" + string(last), nil
}

// stamp puts a route's generation before a text.
func stamp(generation uint64, text string) string {
	return strconv.FormatUint(generation, 10) + "." + text
}

// unstamp takes it off again. Only what stamp can have written counts.
func unstamp(generation uint64, text, what string) (string, *Error) {
	stamped, rest, found := strings.Cut(text, ".")
	number, err := strconv.ParseUint(stamped, 10, 64)
	if !found || err != nil || strconv.FormatUint(number, 10) != stamped {
		return "", failure(kind.Invalid, "this %s was not made by this host", what)
	}
	if number != generation {
		return "", failure(kind.Conflict, "this %s is from before the link was switched; start again", what)
	}
	return rest, nil
}
