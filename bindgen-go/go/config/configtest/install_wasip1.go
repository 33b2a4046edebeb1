//go:build !fake

package configtest

func (*Fake) install() func() {
	panic("configtest: a component has its host: build with -tags=fake, or for this machine")
}
