//go:build !fake

package messagingtest

func (*Fake) install() func() {
	panic("messagingtest: a component has its host: build with -tags=fake, or for this machine")
}
