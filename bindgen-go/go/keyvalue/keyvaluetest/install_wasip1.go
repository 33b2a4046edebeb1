//go:build !fake

package keyvaluetest

func (*Fake) install() func() {
	panic("keyvaluetest: a component has its host: build with -tags=fake, or for this machine")
}
