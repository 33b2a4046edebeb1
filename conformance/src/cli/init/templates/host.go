// Starts the suite's guests on my-host. Fill in what returns todo, from top to bottom; adapter.go does the rest.
//
// What each request owes, and which controls could be added:
// https://github.com/wasi-cloud/wasi-cloud/blob/main/docs/adapter-protocol.md
package main

// host is what is kept from one request to the next. Each has a goroutine of its own, so it wants a lock.
type host struct{}

func newHost(args []string) *host { return &host{} }

// close ends what is left when the suite has said goodbye.
func (h *host) close() {}

func todo(function string) error {
	return failure{"unsupported", "not implemented: fill in `" + function + "` in host.go"}
}

// do answers a request. An error that is a failure says whose it is.
func (h *host) do(r request) (any, error) {
	switch r.Call {
	case "hello":
		// The version stands in reports. A host that does one thing after the other adds "at-once": 1.
		return map[string]any{"protocol": 1, "name": "my-host", "version": "unknown"}, nil
	case "deploy":
		return nil, h.deploy(r)
	case "start":
		return nil, h.start(r)
	case "exec":
		line, err := h.exec(r)
		return map[string]string{"line": line}, err
	case "end":
		return nil, h.end(r)
	case "clean":
		return nil, h.clean(r)
	default:
		return nil, failure{"unsupported", "no request `" + r.Call + "` is known here"}
	}
}

// deploy begins a case, called r.Deployment. Each of r.Links is a store, empty and of this deployment alone; r.Grants are what guests
// may use, and r.Config is what wasi:config shows.
func (h *host) deploy(r request) error { return todo("deploy") }

// start runs the component at the path r.Component, as r.Guest of r.Deployment. Keep its standard input and output, as pipes.
func (h *host) start(r request) error { return todo("start") }

// exec hands r.Line to r.Guest and returns the line that it prints, both as they are. For a guest that trapped return a failure of the
// kind "trap", for one that ended "guest-ended", and for a host that died "host-died".
func (h *host) exec(r request) (string, error) { return "", todo("exec") }

// end ends r.Guest. One that is not there is no error.
func (h *host) end(r request) error { return nil }

// clean ends a case: its guests are ended, and its data is deleted. A deployment that is not there is no error.
func (h *host) clean(r request) error { return nil }
