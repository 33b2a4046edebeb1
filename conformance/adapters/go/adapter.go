// The suite's side of an adapter in Go: it reads requests and writes answers, as docs/adapter-protocol.md has it, and what host.go has
// does what they ask for. Each request has a goroutine of its own, so that a guest that takes its time keeps nobody waiting.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"sync"
)

// request has the fields of the requests that hosts answer; what is not here is ignored.
type request struct {
	ID         uint64            `json:"id"`
	Call       string            `json:"call"`
	Deployment string            `json:"deployment"`
	Links      []link            `json:"links"`
	Grants     []string          `json:"grants"`
	Config     map[string]string `json:"config"`
	Guest      uint64            `json:"guest"`
	Component  string            `json:"component"`
	Line       string            `json:"line"`
	MS         uint64            `json:"ms"`
}

type link struct{ Capability, Label string }

// failure is an answer other than "ok".
type failure struct {
	Kind    string `json:"kind"`
	Message string `json:"message"`
}

func (f failure) Error() string { return f.Message }

type answer struct {
	ID    uint64   `json:"id"`
	OK    any      `json:"ok,omitempty"`
	Error *failure `json:"error,omitempty"`
}

func main() {
	h := newHost(os.Args[1:])
	defer h.close()
	var writing sync.Mutex
	out := json.NewEncoder(os.Stdout)
	say := func(id uint64, ok any, err error) {
		said := answer{ID: id, OK: ok}
		if failed := (failure{}); errors.As(err, &failed) {
			said.OK, said.Error = nil, &failed
		} else if err != nil {
			said.OK, said.Error = nil, &failure{"setup", err.Error()}
		} else if ok == nil {
			said.OK = struct{}{}
		}
		writing.Lock()
		defer writing.Unlock()
		_ = out.Encode(said)
	}
	lines := bufio.NewReader(os.Stdin)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			// The suite is gone.
			return
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil || r.ID == 0 {
			fmt.Fprintln(os.Stderr, "this is no request:", err)
			continue
		}
		if r.Call == "bye" {
			say(r.ID, nil, nil)
			return
		}
		go func() {
			ok, err := h.do(r)
			say(r.ID, ok, err)
		}()
	}
}
