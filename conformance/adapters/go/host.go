// The command line of wasi-cloud with SQLite files, for an adapter.
package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

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

type host struct {
	program     string
	lock        sync.Mutex
	deployments map[string]*deployment
	guests      map[uint64]*guest
}

func newHost(args []string) *host {
	h := &host{program: "wasi-cloud", deployments: map[string]*deployment{}, guests: map[uint64]*guest{}}
	if len(args) > 0 {
		h.program = args[0]
	}
	return h
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

func (h *host) start(r request) error {
	h.lock.Lock()
	defer h.lock.Unlock()
	d, known := h.deployments[r.Deployment]
	if !known {
		return failure{"setup", "there is no such deployment"}
	}
	g := &guest{process: d.command(h.program, r.Component), stderr: &strings.Builder{}}
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
	d.guests, h.guests[r.Guest] = append(d.guests, g), g
	return g.process.Start()
}

func (h *host) exec(r request) (any, error) {
	h.lock.Lock()
	g, known := h.guests[r.Guest]
	h.lock.Unlock()
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

// do answers a request. An error that is a failure says whose it is.
func (h *host) do(r request) (any, error) {
	switch r.Call {
	case "hello":
		version, err := exec.Command(h.program, "--version").Output()
		return map[string]any{
			"protocol": 1,
			"name":     "wasi-cloud run",
			"version":  strings.TrimSpace(string(version)),
			"controls": []string{"restart", "time"},
		}, err
	case "deploy":
		folder, err := os.MkdirTemp("", r.Deployment+"-")
		h.lock.Lock()
		defer h.lock.Unlock()
		h.deployments[r.Deployment] = &deployment{folder: folder, first: r}
		return nil, err
	case "start":
		return nil, h.start(r)
	case "exec":
		return h.exec(r)
	case "end":
		h.lock.Lock()
		defer h.lock.Unlock()
		if g := h.guests[r.Guest]; g != nil {
			_ = g.process.Process.Kill()
		}
		return nil, nil
	case "restart", "clean":
		h.lock.Lock()
		defer h.lock.Unlock()
		d, known := h.deployments[r.Deployment]
		if !known {
			return nil, nil
		}
		d.end()
		if r.Call == "restart" {
			return nil, nil
		}
		delete(h.deployments, r.Deployment)
		return nil, os.RemoveAll(d.folder)
	case "advance":
		// This host has no clock but the machine's.
		time.Sleep(time.Duration(r.MS) * time.Millisecond)
		return nil, nil
	default:
		return nil, failure{"unsupported", "no request `" + r.Call + "` is known here"}
	}
}

func (h *host) close() {
	for _, d := range h.deployments {
		d.end()
		_ = os.RemoveAll(d.folder)
	}
}
