package main

import (
	"slices"
	"testing"
)

func TestPrimes(t *testing.T) {
	if got, want := primes(10), []uint32{2, 3, 5, 7, 11, 13, 17, 19, 23, 29}; !slices.Equal(got, want) {
		t.Errorf("primes(10) = %v", got)
	}
	if got := primes(0); len(got) != 0 {
		t.Errorf("primes(0) = %v", got)
	}
}
