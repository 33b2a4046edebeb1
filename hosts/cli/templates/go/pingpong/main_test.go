package main

import (
	"slices"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/messagingtest"
)

func TestEveryPingGetsTheNextPong(t *testing.T) {
	keyvaluetest.New(t)
	broker := messagingtest.New(t)
	for range 2 {
		if err := broker.Deliver(t.Context(), "ping", []byte("ping")); err != nil {
			t.Fatal(err)
		}
	}
	var pongs []string
	for _, sent := range broker.Published() {
		pongs = append(pongs, sent.Topic+": "+string(sent.Data))
	}
	if want := []string{"pong: pong 1", "pong: pong 2"}; !slices.Equal(pongs, want) {
		t.Errorf("%q, not %q", pongs, want)
	}
}

func TestAnythingElseIsTakenInSilence(t *testing.T) {
	keyvaluetest.New(t)
	broker := messagingtest.New(t)
	if err := broker.Deliver(t.Context(), "ping", []byte("hello")); err != nil {
		t.Fatal(err)
	}
	bucket, err := keyvalue.Open(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	if _, counted, err := bucket.Get(t.Context(), "count"); counted || err != nil || broker.Published() != nil {
		t.Error("it was answered", err)
	}
}
