package messagingtest_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/handler"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/messagingtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

// kept is a message that a handler kept.
var kept *messaging.Message

func panics(f func()) (panicked bool) {
	defer func() { panicked = recover() != nil }()
	f()
	return false
}

func init() {
	handler.HandleFunc("shout", func(ctx context.Context, m *messaging.Message) error {
		return m.Reply(ctx, messaging.NewMessage(append(m.Data(), '!'), messaging.WithPair("loud", "very")))
	})
	handler.HandleFunc("itself", func(ctx context.Context, m *messaging.Message) error { return m.Reply(ctx, m) })
	handler.HandleFunc("refuse", func(_ context.Context, m *messaging.Message) error {
		kept = m
		pairs, _ := m.Metadata()
		return errors.Join(kind.Invalid, errors.New(pairs[0].F1))
	})
}

func connect(t *testing.T) *messaging.Client {
	t.Helper()
	client, err := messaging.Connect(t.Context(), "default")
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func TestWhatIsSentIsShown(t *testing.T) {
	broker := messagingtest.New(t)
	client := connect(t)
	message := messaging.NewMessage([]byte("1"), messaging.WithContentType("text/plain"), messaging.WithPair("a", "b"))
	if err := client.Send(t.Context(), "one", message); err != nil {
		t.Fatal(err)
	}
	if err := client.Send(t.Context(), "one", message); !errors.Is(err, wit.ErrClosed) {
		t.Error("a message can be sent twice:", err)
	}
	if err := messaging.Publish(t.Context(), "two", nil); err != nil {
		t.Fatal(err)
	}
	want := []messagingtest.Published{
		{Topic: "one", Data: []byte("1"), ContentType: "text/plain", Metadata: map[string]string{"a": "b"}},
		{Topic: "two"},
	}
	if got := broker.Published(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestHandlersAreCalledByTopic(t *testing.T) {
	broker := messagingtest.New(t)
	replies, err := broker.Ask(t.Context(), "shout", []byte("hello"))
	want := []messagingtest.Published{{Data: []byte("hello!"), Metadata: map[string]string{"loud": "very"}}}
	if err != nil || !reflect.DeepEqual(replies, want) {
		t.Errorf("%+v, %v", replies, err)
	}
	refused := broker.DeliverMessage(t.Context(), "refuse", messaging.NewMessage(nil, messaging.WithPair("why", "I said so")))
	if !errors.Is(refused, kind.Invalid) || refused.Error() != "invalid\nI said so" {
		t.Error(refused)
	}
	if kept == nil || !panics(func() { kept.Data() }) {
		t.Error("a message is open when its handler has returned")
	}
	if err := broker.Deliver(t.Context(), "elsewhere", nil); !errors.Is(err, kind.NotFound) {
		t.Error(err)
	}
	if sent := broker.Published(); sent != nil {
		t.Errorf("%+v", sent)
	}
}

func TestAMessageIsNoReplyToItself(t *testing.T) {
	broker := messagingtest.New(t)
	if _, err := broker.Ask(t.Context(), "itself", nil); !errors.Is(err, wit.ErrInUse) {
		t.Error("a component is ended by this:", err)
	}
}

func TestNilIsNoReply(t *testing.T) {
	broker := messagingtest.New(t)
	broker.ReplyWith("q", func(*messaging.Message) *messaging.Message { return nil })
	soon := messaging.NewRequestOptions(messaging.WithTimeout(time.Millisecond))
	if _, err := connect(t).Request(t.Context(), "q", messaging.NewMessage(nil), soon); !errors.Is(err, kind.Timeout) {
		t.Error(err)
	}
}

func TestRequestsWait(t *testing.T) {
	broker := messagingtest.New(t)
	client := connect(t)
	question := messaging.NewMessage([]byte("?"))
	if _, err := client.Request(t.Context(), "q", question, nil); !errors.Is(err, kind.Unavailable) {
		t.Error(err)
	}
	leave := make(chan struct{})
	defer close(leave)
	broker.ReplyWith("q", func(*messaging.Message) *messaging.Message { return messaging.NewMessage([]byte("1")) })
	broker.ReplyWith("q", func(*messaging.Message) *messaging.Message {
		<-leave
		return messaging.NewMessage([]byte("late"))
	})
	both := messaging.NewRequestOptions(messaging.WithExpectedReplies(2), messaging.WithTimeout(50*time.Millisecond))
	replies, err := client.Request(t.Context(), "q", question, both)
	if err != nil || len(replies) != 1 || string(replies[0].Data()) != "1" {
		t.Error(replies, err)
	}
	if err := client.Disconnect(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := client.Request(t.Context(), "q", question, nil); !errors.Is(err, kind.Unavailable) {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	broker := messagingtest.New(t, cloudtest.WithDenied("secret"), cloudtest.WithUnlinked("nowhere"),
		cloudtest.WithCallTimeout(20*time.Millisecond))
	for label, want := range map[string]kind.Kind{"secret": kind.AccessDenied, "nowhere": kind.Other} {
		if _, err := messaging.Connect(t.Context(), label); !errors.Is(err, want) {
			t.Error(err)
		}
	}
	client := connect(t)
	broker.Inject(cloudtest.Fault{Op: "send", When: cloudtest.Never})
	err := client.Send(t.Context(), "a", messaging.NewMessage(nil))
	if !errors.Is(err, context.DeadlineExceeded) || !kind.MaybeApplied(err) || broker.Heal() != 0 {
		t.Error(err)
	}
	if err := broker.Grant("messaging:default:read"); err != nil {
		t.Error(err)
	}
	if err := client.Send(t.Context(), "a", messaging.NewMessage(nil)); !errors.Is(err, kind.AccessDenied) {
		t.Error(err)
	}
	if err := broker.Grant("messaging"); !errors.Is(err, kind.Invalid) {
		t.Error(err)
	}
	for _, topic := range []string{"", "a*", "\xff"} {
		if err := broker.Grant("messaging:*"); err != nil {
			t.Error(err)
		}
		if err := client.Send(t.Context(), topic, messaging.NewMessage(nil)); err == nil {
			t.Errorf("%q is a topic", topic)
		}
	}
}
