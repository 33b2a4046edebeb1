// Is told of changes, exactly as ../../rust/watcher is, which says how: prints each as one JSON line on stdout, before it does
// anything else, and then does what the key says.
package main

import (
	"context"
	"os"
	"strconv"
	"unsafe"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/watcher"
)

func init() { watcher.Handle(printer{}) }

func main() {}

type printer struct{}

func (printer) OnSet(bucket *keyvalue.Bucket, key string, value []byte) {
	defer bucket.Close()
	line := quoted([]byte(`{"change":"set","key":`), key)
	line = append(line, `,"value":[`...)
	for i, b := range value {
		if i > 0 {
			line = append(line, ',')
		}
		line = strconv.AppendUint(line, uint64(b), 10)
	}
	write(append(line, ']'))
	switch key {
	case "copy":
		found, _, _ := bucket.Get(context.Background(), "copy")
		_ = bucket.Set(context.Background(), "copied", found)
	case "trap":
		trap()
	}
}

func (printer) OnDelete(bucket *keyvalue.Bucket, key string) {
	defer bucket.Close()
	write(quoted([]byte(`{"change":"delete","key":`), key))
}

// write ends the line. Nothing can be returned: what cannot be printed is missing, and the suite waits for it in vain.
func write(line []byte) { _, _ = os.Stdout.Write(append(line, "}\n"...)) }

// trap reads what no memory has: a panic would be an exit of the program, which hosts tell from a trap.
func trap() byte { return *(*byte)(unsafe.Add(nil, 0xffff_fff0)) }

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
