// Primes is a component that exports a function.
package main

import "example.com/primes/gen/example/primes/numbers"

func init() { numbers.Handle(numbers.HandlerFunc(primes)) }

func primes(n uint32) []uint32 {
	var found []uint32
next:
	for candidate := uint32(2); uint32(len(found)) < n; candidate++ {
		for _, prime := range found {
			if prime*prime > candidate {
				break
			}
			if candidate%prime == 0 {
				continue next
			}
		}
		found = append(found, candidate)
	}
	return found
}

func main() {}
