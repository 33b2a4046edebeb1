// Handles messages as the suite tells it, exactly as ../../rust/recorder does, which says how: prints each message as one
// JSON line on stdout, before it does anything else, and then does what the message's metadata says under the name script.
package main

import (
	"cmp"
	"context"
	"errors"
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
	delivery := deliveryOf(message)
	if err := delivery.print(false); err != nil {
		return err
	}
	switch name, argument, _ := strings.Cut(delivery.script, ":"); name {
	case "ok":
		return nil
	case "err":
		return errors.New("the script says so")
	case "trap":
		trap()
	case "loop":
		for {
		}
	case "reply":
		count, err := strconv.Atoi(argument)
		for n := range count {
			// A requester that has left may make a reply fail: whoever waits sees what came (MSG-M15).
			_ = message.Reply(ctx, messaging.NewMessage([]byte("reply "+strconv.Itoa(n+1))))
		}
		return err
	case "wait":
		ms, err := strconv.Atoi(argument)
		if err != nil {
			return err
		}
		time.Sleep(time.Duration(ms) * time.Millisecond)
		return delivery.print(true)
	}
	return errors.New("no such script: " + delivery.script)
}

// trap reads what no memory has: a panic would be an exit of the program, which hosts tell from a trap.
func trap() byte { return *(*byte)(unsafe.Add(nil, 0xffff_fff0)) }

// A delivery is a message as it was delivered.
type delivery struct {
	topic       text
	data        []byte
	contentType text
	// Sorted, since hosts do not promise an order, and without the script.
	metadata [][2]string
	script   string
}

// A text is a string that may be missing.
type text struct {
	value string
	ok    bool
}

func deliveryOf(message *messaging.Message) *delivery {
	d := &delivery{data: message.Data(), script: "ok"}
	d.topic.value, d.topic.ok = message.Topic()
	d.contentType.value, d.contentType.ok = message.ContentType()
	pairs, _ := message.Metadata()
	for _, pair := range pairs {
		if pair.F0 == "script" {
			d.script = pair.F1
		} else {
			d.metadata = append(d.metadata, [2]string{pair.F0, pair.F1})
		}
	}
	slices.SortFunc(d.metadata, func(a, b [2]string) int {
		return cmp.Or(strings.Compare(a[0], b[0]), strings.Compare(a[1], b[1]))
	})
	return d
}

// print writes the line at once, since others write to the same stdout.
func (d *delivery) print(done bool) error {
	line := d.topic.append([]byte(`{"topic":`))
	line = append(line, `,"data":[`...)
	for i, b := range d.data {
		line = separated(line, i)
		line = strconv.AppendUint(line, uint64(b), 10)
	}
	line = d.contentType.append(append(line, `],"content_type":`...))
	line = append(line, `,"metadata":[`...)
	for i, pair := range d.metadata {
		line = append(separated(line, i), '[')
		line = append(quoted(line, pair[0]), ',')
		line = append(quoted(line, pair[1]), ']')
	}
	line = append(line, ']')
	if done {
		line = append(line, `,"done":true`...)
	}
	_, err := os.Stdout.Write(append(line, "}\n"...))
	return err
}

func (t text) append(line []byte) []byte {
	if !t.ok {
		return append(line, "null"...)
	}
	return quoted(line, t.value)
}

func separated(line []byte, i int) []byte {
	if i > 0 {
		line = append(line, ',')
	}
	return line
}

// quoted appends s as JSON has it. encoding/json would make the program half as large again.
func quoted(line []byte, s string) []byte {
	line = append(line, '"')
	for _, c := range []byte(s) {
		switch {
		case c == '"' || c == '\\':
			line = append(line, '\\', c)
		case c < ' ':
			line = append(line, `\u00`...)
			line = append(line, "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		default:
			line = append(line, c)
		}
	}
	return append(line, '"')
}
