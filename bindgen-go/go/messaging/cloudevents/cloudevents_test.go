package cloudevents_test

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/cloudevents"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/messagingtest"
)

// golden is what the tests of the SDKs for Rust and C read too.
var golden struct {
	Written []struct {
		Name       string
		Event      attributes
		Binary     carrier
		Structured string
	}
	Read []struct {
		Name    string
		Message carrier
		Event   attributes
	}
	Refused []struct {
		Name, Kind, Says string
		Message          carrier
	}
	Unwritable []struct {
		Name, Kind, Says string
		Event            attributes
		Modes            []string
	}
}

type data struct {
	Data   string
	Base64 []byte `json:"data_base64"`
}

type attributes struct {
	ID, Source, Type, DataContentType, DataSchema, Subject, Time string
	Extensions                                                   map[string]string
	data
}

// A carrier is what a message holds.
type carrier struct {
	ContentType *string `json:"content_type"`
	Metadata    map[string]string
	data
}

func (d data) bytes() []byte {
	if d.Base64 != nil {
		return d.Base64
	}
	return []byte(d.Data)
}

func (a attributes) event() *cloudevents.Event {
	return &cloudevents.Event{
		ID: a.ID, Source: a.Source, Type: a.Type, DataContentType: a.DataContentType, DataSchema: a.DataSchema,
		Subject: a.Subject, Time: a.Time, Extensions: a.Extensions, Data: a.bytes(),
	}
}

func (c carrier) message() *messaging.Message {
	message := messaging.NewMessage(c.bytes())
	if c.ContentType != nil {
		message.SetContentType(*c.ContentType)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Metadata)) {
		message.AddMetadata(name, c.Metadata[name])
	}
	return message
}

// parts are all that a message holds.
func parts(message *messaging.Message) carrier {
	c := carrier{data: data{Data: string(message.Data())}}
	if contentType, ok := message.ContentType(); ok {
		c.ContentType = &contentType
	}
	pairs, _ := message.Metadata()
	for _, pair := range pairs {
		if c.Metadata == nil {
			c.Metadata = map[string]string{}
		}
		c.Metadata[pair.F0] = pair.F1
	}
	return c
}

// same takes bytes that are empty for those that are not there.
func same(a, b *cloudevents.Event) bool {
	left, right := *a, *b
	left.Data, right.Data = append([]byte{}, a.Data...), append([]byte{}, b.Data...)
	return reflect.DeepEqual(left, right)
}

func TestMain(m *testing.M) {
	text, err := os.ReadFile("testdata/messages.json")
	if err == nil {
		err = json.Unmarshal(text, &golden)
	}
	if err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

func TestEventsAreWrittenByteForByteAndReadAgain(t *testing.T) {
	messagingtest.New(t)
	if len(golden.Written) == 0 {
		t.Error("there are none")
	}
	for _, w := range golden.Written {
		event := w.Event.event()
		message, err := event.ToMessage(cloudevents.Binary)
		if err != nil {
			t.Error(w.Name, err)
			continue
		}
		if got, want := parts(message), parts(w.Binary.message()); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, not %+v", w.Name, got, want)
		}
		if read, err := cloudevents.FromMessage(message); err != nil || !same(read, event) {
			t.Errorf("%s: %+v, %v", w.Name, read, err)
		}
		if message, err = event.ToMessage(cloudevents.Structured); err != nil {
			t.Error(w.Name, err)
			continue
		}
		contentType := "application/cloudevents+json"
		want := carrier{ContentType: &contentType, data: data{Data: w.Structured}}
		if got := parts(message); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %s, not %s", w.Name, got.Data, want.Data)
		}
		if read, err := cloudevents.FromMessage(message); err != nil || !same(read, event) {
			t.Errorf("%s: %+v, %v", w.Name, read, err)
		}
	}
}

func TestEventsOfOthersAreRead(t *testing.T) {
	messagingtest.New(t)
	for _, r := range golden.Read {
		if read, err := cloudevents.FromMessage(r.Message.message()); err != nil || !same(read, r.Event.event()) {
			t.Errorf("%s: %+v, %v", r.Name, read, err)
		}
	}
}

func refuses(t *testing.T, name string, err error, want, says string) {
	t.Helper()
	if kind.Of(err).String() != want || err.Error() != "cloudevents: "+says || kind.MaybeApplied(err) {
		t.Errorf("%s: %v", name, err)
	}
}

func TestWhatIsWrongIsRefused(t *testing.T) {
	messagingtest.New(t)
	for _, r := range golden.Refused {
		_, err := cloudevents.FromMessage(r.Message.message())
		refuses(t, r.Name, err, r.Kind, r.Says)
	}
	for _, u := range golden.Unwritable {
		for mode, word := range []string{"binary", "structured"} {
			_, err := u.Event.event().ToMessage(cloudevents.Mode(mode))
			if slices.Contains(u.Modes, word) {
				refuses(t, u.Name, err, u.Kind, u.Says)
			} else if err != nil {
				t.Error(u.Name, err)
			}
		}
	}
	event := cloudevents.Event{ID: "7", Source: "/counter", Type: "\xff"}
	for mode := range cloudevents.Structured + 1 {
		if _, err := event.ToMessage(mode); !errors.Is(err, kind.Invalid) {
			t.Error("it is not UTF-8:", err)
		}
	}
	if _, err := event.ToMessage(7); !errors.Is(err, kind.Invalid) {
		t.Error(err)
	}
}

// However a message is cut or changed, it is read or refused.
func FuzzStructured(f *testing.F) {
	for _, w := range golden.Written {
		f.Add([]byte(w.Structured))
		f.Add([]byte(w.Structured[:len(w.Structured)/2]))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		messagingtest.New(t)
		message := messaging.NewMessage(document, messaging.WithContentType("application/cloudevents+json"))
		event, err := cloudevents.FromMessage(message)
		if err != nil {
			return
		}
		again, err := event.ToMessage(cloudevents.Structured)
		if err != nil {
			t.Fatal(err)
		}
		if read, err := cloudevents.FromMessage(again); err != nil || !same(read, event) {
			t.Errorf("%+v, not %+v, %v", read, event, err)
		}
	})
}
