// An adapter for the command line of wasi-cloud with SQLite files: docs/adapter-protocol.md says what the suite asks. Each
// request has a goroutine of its own, so that a guest that takes its time keeps nobody waiting.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// request has the fields of all requests; what is not here is ignored.
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

type deployment struct {
	folder string
	first  request
	guests []*guest
}

type guest struct {
	process *exec.Cmd
	stdin   io.WriteCloser
	stdout  *bufio.Reader
	stderr  *strings.Builder
}

type adapter struct {
	program     string
	lock        sync.Mutex
	deployments map[string]*deployment
	guests      map[uint64]*guest
}

func (d *deployment) command(program, component string) *exec.Cmd {
	args := []string{"run", component}
	for _, link := range d.first.Links {
		if link.Capability == "keyvalue" {
			file := filepath.Join(d.folder, link.Label+".db")
			args = append(args, fmt.Sprintf("--link=keyvalue:%s=sqlite://%s#%s", link.Label, file, link.Label))
		}
	}
	for _, grant := range d.first.Grants {
		args = append(args, "--grant="+grant)
	}
	for name, value := range d.first.Config {
		args = append(args, "--config="+name+"="+value)
	}
	return exec.Command(program, args...)
}

func (d *deployment) end() {
	for _, guest := range d.guests {
		_ = guest.process.Process.Kill()
		_ = guest.process.Wait()
	}
	d.guests = nil
}

func (a *adapter) start(r request) error {
	a.lock.Lock()
	defer a.lock.Unlock()
	d, known := a.deployments[r.Deployment]
	if !known {
		return failure{"setup", "there is no such deployment"}
	}
	g := &guest{process: d.command(a.program, r.Component), stderr: &strings.Builder{}}
	g.process.Stderr = g.stderr
	stdin, err := g.process.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := g.process.StdoutPipe()
	if err != nil {
		return err
	}
	g.stdin, g.stdout = stdin, bufio.NewReader(stdout)
	d.guests, a.guests[r.Guest] = append(d.guests, g), g
	return g.process.Start()
}

func (a *adapter) exec(r request) (any, error) {
	a.lock.Lock()
	g, known := a.guests[r.Guest]
	a.lock.Unlock()
	if !known {
		return nil, failure{"setup", "there is no such guest"}
	}
	// A guest that does not read any more has ended, and prints nothing.
	_, _ = io.WriteString(g.stdin, r.Line+"\n")
	line, err := g.stdout.ReadString('\n')
	if err == nil {
		return map[string]string{"line": strings.TrimSuffix(line, "\n")}, nil
	}
	_ = g.process.Wait()
	words := strings.TrimSpace(g.stderr.String())
	switch code := g.process.ProcessState.ExitCode(); code {
	case 0, 1:
		return nil, failure{"guest-ended", words}
	case 124, 134, 137:
		return nil, failure{"trap", words}
	default:
		return nil, failure{"host-died", fmt.Sprintf("exit code %d: %s", code, words)}
	}
}

func (a *adapter) do(r request) (any, error) {
	switch r.Call {
	case "hello":
		version, err := exec.Command(a.program, "--version").Output()
		return map[string]any{
			"protocol": 1,
			"name":     "wasi-cloud run",
			"version":  strings.TrimSpace(string(version)),
			"controls": []string{"restart", "time"},
		}, err
	case "deploy":
		folder, err := os.MkdirTemp("", r.Deployment+"-")
		a.lock.Lock()
		defer a.lock.Unlock()
		a.deployments[r.Deployment] = &deployment{folder: folder, first: r}
		return nil, err
	case "start":
		return nil, a.start(r)
	case "exec":
		return a.exec(r)
	case "end":
		a.lock.Lock()
		defer a.lock.Unlock()
		if g := a.guests[r.Guest]; g != nil {
			_ = g.process.Process.Kill()
		}
		return nil, nil
	case "restart", "clean":
		a.lock.Lock()
		defer a.lock.Unlock()
		d, known := a.deployments[r.Deployment]
		if !known {
			return nil, nil
		}
		d.end()
		if r.Call == "restart" {
			return nil, nil
		}
		delete(a.deployments, r.Deployment)
		return nil, os.RemoveAll(d.folder)
	case "advance":
		// This host has no clock but the machine's.
		time.Sleep(time.Duration(r.MS) * time.Millisecond)
		return nil, nil
	default:
		return nil, failure{"unsupported", "no request `" + r.Call + "` is known here"}
	}
}

func (a *adapter) end() {
	for _, d := range a.deployments {
		d.end()
		_ = os.RemoveAll(d.folder)
	}
}

func main() {
	a := &adapter{program: "wasi-cloud", deployments: map[string]*deployment{}, guests: map[uint64]*guest{}}
	if len(os.Args) > 1 {
		a.program = os.Args[1]
	}
	defer a.end()
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
			ok, err := a.do(r)
			say(r.ID, ok, err)
		}()
	}
}
