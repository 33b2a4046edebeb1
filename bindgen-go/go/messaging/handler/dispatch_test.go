package handler

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
)

// alone lets a test register handlers beside those of the package's examples.
func alone(t *testing.T) {
	t.Helper()
	topics, h := byTopic, handler
	t.Cleanup(func() { byTopic, handler = topics, h })
	byTopic, handler = map[string]HandlerFunc{}, nil
}

func nothing(context.Context, *messaging.Message) error { return nil }

func TestTopicsAreRecorded(t *testing.T) {
	alone(t)
	if Registered() != nil || lines() != "" {
		t.Error("there is a handler of nothing")
	}
	HandleFunc("b", nothing)
	HandleFunc("a", nothing)
	if lines() != "a\nb\n" || Registered() == nil {
		t.Errorf("%q", lines())
	}
}

func TestMistakesPanic(t *testing.T) {
	alone(t)
	HandleFunc("twice", nothing)
	for name, register := range map[string]func(){
		"two handlers": func() { HandleFunc("twice", nothing) },
		"no topic":     func() { HandleFunc("", nothing) },
		"two lines":    func() { HandleFunc("a\nb", nothing) },
		"a control":    func() { HandleFunc("a\r", nothing) },
		"a pattern":    func() { HandleFunc("a.*", nothing) },
		"no text":      func() { HandleFunc("\xff", nothing) },
		"too long":     func() { HandleFunc(strings.Repeat("a", 256), nothing) },
		"no function":  func() { HandleFunc("a", nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			register()
		}()
	}
}

func TestHandleTakesAll(t *testing.T) {
	alone(t)
	Handle(HandlerFunc(nothing))
	defer func() {
		if recover() == nil || lines() != "" {
			t.Error("a topic was taken from Handle")
		}
	}()
	HandleFunc("a", nothing)
}

func TestUnhandled(t *testing.T) {
	err := error(unhandled("a\nb"))
	if !errors.Is(err, kind.NotFound) || kind.Of(err) != kind.NotFound || err.Error() != `not-found: no handler for the topic "a\nb"` {
		t.Error(err)
	}
}
