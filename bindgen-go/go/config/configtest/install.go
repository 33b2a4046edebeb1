//go:build !wasip1 || fake

package configtest

import "github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config"

// install makes f the host, and returns what undoes that.
func (f *Fake) install() func() {
	old := config.Native
	config.Native.Get = f.get
	config.Native.GetAll = f.getAll
	return func() { config.Native = old }
}
