// Package export_wasi_messaging_incoming_handler does what ours does, on the bindings of wit-bindgen-go.
package export_wasi_messaging_incoming_handler

import (
	"fmt"
	"strconv"

	"wit_component/wasi_config_store"
	"wit_component/wasi_keyvalue_atomics"
	"wit_component/wasi_keyvalue_store"
	"wit_component/wasi_messaging_producer"
	"wit_component/wasi_messaging_types"

	witTypes "go.bytecodealliance.org/pkg/wit/types"
)

type result = witTypes.Result[witTypes.Unit, wasi_messaging_types.Error]

func failed(tag uint8) result {
	text := "the store failed with case " + strconv.Itoa(int(tag))
	return witTypes.Err[witTypes.Unit](wasi_messaging_types.MakeErrorOther(text))
}

// Handle answers a ping with a pong.
func Handle(ping *wasi_messaging_types.Message) result {
	defer ping.Drop()
	name := "default"
	configured := wasi_config_store.Get("bucket")
	if configured.IsErr() {
		return failed(configured.Err().Tag())
	}
	if some := configured.Ok(); some.IsSome() {
		name = some.Some()
	}
	opened := wasi_keyvalue_store.Open(name)
	if opened.IsErr() {
		return failed(opened.Err().Tag())
	}
	bucket := opened.Ok()
	defer bucket.Drop()
	incremented := wasi_keyvalue_atomics.Increment(bucket, "count", 1)
	if incremented.IsErr() {
		return failed(incremented.Err().Tag())
	}
	count := incremented.Ok()
	got := bucket.Get("last")
	if got.IsErr() {
		return failed(got.Err().Tag())
	}
	last := []byte("none")
	if some := got.Ok(); some.IsSome() {
		last = some.Some()
	}
	data := ping.Data()
	if set := bucket.Set("last", data); set.IsErr() {
		return failed(set.Err().Tag())
	}
	connected := wasi_messaging_types.ClientConnect("default")
	if connected.IsErr() {
		return witTypes.Err[witTypes.Unit](connected.Err())
	}
	client := connected.Ok()
	defer client.Drop()
	pong := wasi_messaging_types.MakeMessage(fmt.Appendf(nil, "pong %d: %s (previous: %s)", count, data, last))
	pong.SetContentType("text/plain")
	pong.AddMetadata("count", strconv.FormatInt(count, 10))
	return wasi_messaging_producer.Send(client, "pong", pong)
}
