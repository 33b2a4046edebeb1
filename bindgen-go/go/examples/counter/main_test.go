package main

import (
	"sync"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
)

func TestNoAdditionIsLost(t *testing.T) {
	keyvaluetest.New(t)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, err := add(t.Context(), 5); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if sum, err := add(t.Context(), -50); sum != 0 || err != nil {
		t.Error(sum, err)
	}
}
