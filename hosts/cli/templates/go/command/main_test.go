package main

import (
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue/keyvaluetest"
)

func TestWhatIsAddedStays(t *testing.T) {
	keyvaluetest.New(t)
	for _, step := range []struct{ amount, sum int64 }{{5, 5}, {-2, 3}} {
		if sum, err := add(t.Context(), step.amount); sum != step.sum || err != nil {
			t.Errorf("%d, not %d: %v", sum, step.sum, err)
		}
	}
}
