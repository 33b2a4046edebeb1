// Handles messages as the suite tells it, exactly as ../../rust/recorder does, which says how: prints each message as one
// JSON line on stdout, before it does anything else, and then does what the message's metadata says under the name script.
package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unsafe"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/handler"
)

func init() { handler.Handle(handler.HandlerFunc(record)) }

func main() {}

func record(ctx context.Context, message *messaging.Message) error {
	delivery, script := deliveryOf(message)
	if err := delivery.print(); err != nil {
		return err
	}
	name, argument, has := strings.Cut(script, ":")
	switch {
	case has && name == "reply":
		count, err := strconv.ParseUint(argument, 10, 64)
		if err != nil {
			return err
		}
		for n := range count {
			// A requester that has left may make a reply fail: whoever waits sees what came (MSG-M15).
			_ = message.Reply(ctx, messaging.NewMessage(fmt.Appendf(nil, "reply %d", n+1)))
		}
		return nil
	case has && name == "wait":
		ms, err := strconv.ParseUint(argument, 10, 32)
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(ms) * time.Millisecond)
		delivery.Done = true
		return delivery.print()
	case script == "ok":
		return nil
	case script == "err":
		return errors.New("the script says so")
	case script == "trap":
		trap()
	case script == "loop":
		for {
		}
	}
	return fmt.Errorf("no such script: %q", script)
}

// trap reads what no memory has: a panic would be an exit of the program, which the host tells from a trap.
func trap() byte { return *(*byte)(unsafe.Add(nil, 0xffff_fff0)) }

// A delivery is one line: a message as it was delivered.
type delivery struct {
	Topic       *string  `json:"topic"`
	Data        []uint16 `json:"data"` // Not bytes, which would be base64.
	ContentType *string  `json:"content_type"`
	// Sorted, since hosts do not promise an order, and without the script.
	Metadata [][2]string `json:"metadata"`
	Done     bool        `json:"done,omitempty"`
}

func deliveryOf(message *messaging.Message) (d delivery, script string) {
	if topic, ok := message.Topic(); ok {
		d.Topic = &topic
	}
	if text, ok := message.ContentType(); ok {
		d.ContentType = &text
	}
	d.Data = []uint16{}
	for _, b := range message.Data() {
		d.Data = append(d.Data, uint16(b))
	}
	pairs, _ := message.Metadata()
	d.Metadata = [][2]string{}
	script = "ok"
	for _, pair := range pairs {
		if pair.F0 == "script" {
			script = pair.F1
			continue
		}
		d.Metadata = append(d.Metadata, [2]string{pair.F0, pair.F1})
	}
	slices.SortFunc(d.Metadata, func(a, b [2]string) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	return d, script
}

// print writes the line at once, since others write to the same stdout.
func (d *delivery) print() error {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(d); err != nil {
		return err
	}
	_, err := os.Stdout.Write(line.Bytes())
	return err
}
