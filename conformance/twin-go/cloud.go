package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config/configtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/messagingtest"
)

// A span is a duration as the suite's own language spells it.
type span struct{ Secs, Nanos int64 }

func (s span) duration() time.Duration {
	return time.Duration(s.Secs)*time.Second + time.Duration(s.Nanos)
}

// A cloud is the fakes of one deployment.
type cloud struct {
	keyvalue  *keyvaluetest.Fake
	messaging *messagingtest.Fake
	config    *configtest.Fake
}

// begin starts what the argument of the program says.
func begin(text string) (*cloud, error) {
	var start struct {
		Links, Grants []string
		Config        map[string]string
		CallTimeout   span `json:"call_timeout"`
	}
	if err := json.Unmarshal([]byte(text), &start); err != nil {
		return nil, err
	}
	options := func(capability string) []cloudtest.Option {
		labels := []string{}
		for _, link := range start.Links {
			if label, ours := strings.CutPrefix(link, capability+":"); ours {
				labels = append(labels, label)
			}
		}
		return []cloudtest.Option{
			cloudtest.WithLinks(labels...),
			cloudtest.WithGrants(start.Grants...),
			cloudtest.WithCallTimeout(start.CallTimeout.duration()),
		}
	}
	var c cloud
	var err error
	if c.keyvalue, err = keyvaluetest.Start(options("keyvalue")...); err != nil {
		return nil, err
	}
	if c.messaging, err = messagingtest.Start(options("messaging")...); err != nil {
		return nil, err
	}
	if c.config, err = configtest.Start(options("config")...); err != nil {
		return nil, err
	}
	for key, value := range start.Config {
		c.config.Set(key, value)
	}
	return &c, nil
}

// A fault as the suite tells it.
type fault struct {
	Name, Op, Kind string
	Skip           int
	Moment         json.RawMessage
}

// apply does what the suite says to the fakes later.
func (c *cloud) apply(text string) error {
	var control struct {
		Grant   *[]string
		Switch  *string
		Advance *span
		Fault   *fault
	}
	if err := json.Unmarshal([]byte(text), &control); err != nil {
		return err
	}
	switch {
	case control.Grant != nil:
		for _, grant := range []func(...string) error{c.keyvalue.Grant, c.messaging.Grant, c.config.Grant} {
			if err := grant(*control.Grant...); err != nil {
				return err
			}
		}
		return nil
	case control.Switch != nil:
		label, ours := strings.CutPrefix(*control.Switch, "keyvalue:")
		if !ours {
			return fmt.Errorf("%s has no store to switch to", *control.Switch)
		}
		c.keyvalue.Switch(label)
		return nil
	case control.Advance != nil:
		c.keyvalue.Advance(control.Advance.duration())
		return nil
	case control.Fault != nil:
		return c.inject(*control.Fault)
	}
	return fmt.Errorf("no such control: %s", text)
}

func (c *cloud) inject(told fault) error {
	capability, label, _ := strings.Cut(told.Name, ":")
	f := cloudtest.Fault{Label: strings.TrimPrefix(label, "*"), Op: strings.TrimPrefix(told.Op, "*"), Skip: told.Skip}
	for f.Kind = kind.NotFound; f.Kind.String() != told.Kind; f.Kind++ {
		if f.Kind == kind.Other {
			return fmt.Errorf("%s is no kind of error", told.Kind)
		}
	}
	var late struct{ Delay span }
	switch string(told.Moment) {
	case `"Before"`:
		f.When = cloudtest.Before
	case `"After"`:
		f.When = cloudtest.After
	case `"Hang"`:
		f.When = cloudtest.Never
	default:
		if err := json.Unmarshal(told.Moment, &late); err != nil {
			return err
		}
		f.When, f.Delay = cloudtest.Late, late.Delay.duration()
	}
	switch capability {
	case "keyvalue":
		c.keyvalue.Inject(f)
	case "messaging":
		c.messaging.Inject(f)
	case "config":
		c.config.Inject(f)
	default:
		return fmt.Errorf("no capability %s", capability)
	}
	return nil
}
