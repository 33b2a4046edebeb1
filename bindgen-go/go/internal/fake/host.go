package fake

import (
	"slices"
	"sync"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

// A Host has the links of one capability.
type Host struct {
	capability string
	settings   cloudtest.Settings

	mu     sync.Mutex
	grants []rule
	routes map[string]Route
	faults []cloudtest.Fault
	// switched is how often a label was switched: the number of the next empty store.
	switched uint64
}

// A Route is where a link leads.
type Route struct {
	// Scope is what separates its data from that of others.
	Scope Scope

	// Generation is how many routes the label had before.
	Generation uint64
}

// A Scope names the data of one route: no label can spell that of another.
type Scope struct {
	label    string
	switched uint64
}

// A Call is one operation.
type Call struct {
	Label  string
	Op     string
	Access Access
}

// NewHost returns the host of a capability, by its word.
func NewHost(capability string, options ...cloudtest.Option) (*Host, error) {
	h := &Host{capability: capability, settings: cloudtest.New(options...), routes: map[string]Route{}}
	rules := h.settings.Grants
	if rules == nil {
		rules = []string{capability + ":*"}
	}
	if err := h.Grant(rules...); err != nil {
		return nil, err
	}
	return h, nil
}

// Grant replaces what is granted, from the next call on.
func (h *Host) Grant(rules ...string) error {
	grants := make([]rule, 0, len(rules))
	for _, text := range rules {
		r, err := parse(text)
		if err != nil {
			return err
		}
		grants = append(grants, r)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.grants = grants
	return nil
}

// Switch links a label to data that nobody wrote to yet.
func (h *Host) Switch(label string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.switched++
	next := Route{Scope: Scope{label, h.switched}}
	if old, linked := h.routes[label]; linked {
		next.Generation = old.Generation + 1
	}
	h.routes[label] = next
}

// Inject adds a fault to come.
func (h *Host) Inject(fault cloudtest.Fault) {
	if fault.Kind == 0 {
		fault.Kind = kind.Unavailable
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, fault)
}

// Heal takes back the faults that have not struck, and says how many those were.
func (h *Host) Heal() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	left := len(h.faults)
	h.faults = nil
	return left
}

func (h *Host) links(label string) bool {
	return !slices.Contains(h.settings.Unlinked, label) &&
		(h.settings.Links == nil || slices.Contains(h.settings.Links, label))
}

// begin checks the grant and finds the route and the fault of a call.
func (h *Host) begin(call Call) (Route, *cloudtest.Fault, *Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	allows := func(r rule) bool { return r.allows(h.capability, call.Label, call.Access) }
	if slices.Contains(h.settings.Denied, call.Label) || !slices.ContainsFunc(h.grants, allows) {
		return Route{}, nil, failure(kind.AccessDenied, "no grant allows `%s` on `%s:%s`", call.Op, h.capability, call.Label)
	}
	route, linked := h.routes[call.Label]
	if !linked {
		if !h.links(call.Label) {
			return Route{}, nil, failure(kind.NotFound, "nothing is linked to `%s:%s`", h.capability, call.Label)
		}
		route = Route{Scope: Scope{label: call.Label}}
		h.routes[call.Label] = route
	}
	return route, h.strike(call), nil
}

// strike takes the fault that strikes a call: the first that fits.
func (h *Host) strike(call Call) *cloudtest.Fault {
	for i, fault := range h.faults {
		if fault.Label != "" && fault.Label != call.Label || fault.Op != "" && fault.Op != call.Op {
			continue
		}
		if fault.Skip > 0 {
			h.faults[i].Skip--
			continue
		}
		h.faults = slices.Delete(h.faults, i, i+1)
		return &fault
	}
	return nil
}

// Run runs one operation: grant, route, faults, and then op, which may wait until
// the deadline.
func Run[T any](h *Host, call Call, op func(route Route, deadline time.Time) (T, *Error)) (T, *Error) {
	var none T
	route, fault, err := h.begin(call)
	if err != nil {
		return none, err
	}
	deadline := time.Now().Add(h.settings.CallTimeout)
	late := func() *Error {
		return call.Access.unknown(failure(kind.Timeout, "`%s` had no answer within %v", call.Op, h.settings.CallTimeout))
	}
	if fault != nil {
		switch fault.When {
		case cloudtest.Before:
			return none, failure(fault.Kind, "injected fault")
		case cloudtest.Late:
			if left := time.Until(deadline); fault.Delay >= left {
				time.Sleep(left)
				return none, late()
			}
			time.Sleep(fault.Delay)
		case cloudtest.Never:
			time.Sleep(time.Until(deadline))
			return none, late()
		case cloudtest.After:
		}
	}
	result, err := op(route, deadline)
	if err != nil {
		return none, err
	}
	if fault != nil && fault.When == cloudtest.After {
		return none, call.Access.unknown(failure(fault.Kind, "injected fault"))
	}
	return result, nil
}
