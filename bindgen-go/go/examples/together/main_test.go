package main

import (
	"errors"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

func TestGreetingsAreCounted(t *testing.T) {
	kv := keyvaluetest.New(t)
	for _, c := range []struct{ name, want string }{
		{"Ada", "Hello, Ada! This is greeting 1."},
		{"Alan", "Hello, Alan! This is greeting 2."},
	} {
		if got, err := greet(t.Context(), c.name); got != c.want || err != nil {
			t.Errorf("greet(%q) = %q, %v", c.name, got, err)
		}
	}
	kv.Inject(cloudtest.Fault{Op: "open"})
	if _, err := greet(t.Context(), "Ada"); !errors.Is(err, kind.Other) {
		t.Error(err)
	}
}
