package fake

import "testing"

// Exclusive fails a parallel test, and keeps t from becoming one: there is one
// host in a process, which a fake stands in for.
func Exclusive(t testing.TB, name string) {
	t.Helper()
	defer func() {
		if recover() != nil {
			t.Fatalf("%s: the fake stands in for the one host of this process, and so a parallel test cannot have it: remove t.Parallel", name)
		}
	}()
	// As t.Setenv has it for the environment, which there is one of too.
	t.Setenv("WASI_CLOUD_FAKE", name)
}
