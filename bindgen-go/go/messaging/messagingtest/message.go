package messagingtest

import (
	"slices"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/internal/fake"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

func (f *Fake) own(message *fake.Message) *messaging.Message {
	m := new(messaging.Message)
	wit.Own(m, &m.Resource, f.messages.Add(message), f.messages.Drop)
	return m
}

// message is what m stands for, with texts that a call has besides.
func (f *Fake) message(m *messaging.Message, texts ...string) *fake.Message {
	found := must(f.messages.Of(&m.Resource))
	must(struct{}{}, fake.Text(texts...))
	return found
}

func (f *Fake) newMessage(data []byte) *messaging.Message {
	return f.own(&fake.Message{Payload: fake.Payload{Data: slices.Clone(data)}})
}

func optional(text *string) (string, bool) {
	if text == nil {
		return "", false
	}
	return *text, true
}

func (f *Fake) topic(m *messaging.Message) (string, bool) { return optional(f.message(m).Topic) }

func (f *Fake) contentType(m *messaging.Message) (string, bool) {
	return optional(f.message(m).ContentType)
}

func (f *Fake) setContentType(m *messaging.Message, text string) {
	f.message(m, text).ContentType = &text
}

func (f *Fake) data(m *messaging.Message) []byte { return slices.Clone(f.message(m).Data) }

func (f *Fake) setData(m *messaging.Message, data []byte) { f.message(m).Data = slices.Clone(data) }

func (f *Fake) metadata(m *messaging.Message) (messaging.Metadata, bool) {
	var pairs messaging.Metadata
	for _, pair := range f.message(m).Metadata {
		pairs = append(pairs, wit.Tuple2[string, string]{F0: pair.Name, F1: pair.Value})
	}
	return pairs, len(pairs) > 0
}

func (f *Fake) addMetadata(m *messaging.Message, name, value string) {
	f.message(m, name, value).Add(name, value)
}

// setMetadata replaces all pairs: of a name that comes twice the last wins.
func (f *Fake) setMetadata(m *messaging.Message, pairs messaging.Metadata) {
	message := f.message(m)
	for _, pair := range pairs {
		must(struct{}{}, fake.Text(pair.F0, pair.F1))
	}
	message.Metadata = nil
	for _, pair := range pairs {
		message.Add(pair.F0, pair.F1)
	}
}

func (f *Fake) removeMetadata(m *messaging.Message, name string) { f.message(m, name).Remove(name) }
