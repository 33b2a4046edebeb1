package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"example.com/guest/gen/test/extras"
)

func TestOptions(t *testing.T) {
	var set []string
	note := func(what string) func(string) {
		return func(value string) { set = append(set, what+"="+value) }
	}
	topic, kind := note("topic"), note("type")
	made := new(extras.Message)
	extras.Native.NewMessage = func(data []byte, _ uint8) *extras.Message { return made }
	extras.Native.MessageSetTopic = func(_ *extras.Message, value string) { topic(value) }
	extras.Native.MessageSetContentType = func(_ *extras.Message, value string) { kind(value) }
	m := extras.NewMessage(nil, 0, extras.WithMessageTopic("a"), extras.WithMessageContentType("b"))
	if m != made || strings.Join(set, " ") != "topic=a type=b" {
		t.Fatal(m, set)
	}

	extras.Native.NewSubscription = func(string) (*extras.Subscription, error) { return nil, extras.ProblemGone }
	_, err := extras.NewSubscription(context.Background(), "a", extras.WithSubscriptionTopic("b"))
	if !errors.Is(err, extras.ProblemGone) {
		t.Fatal(err)
	}
}

func TestPages(t *testing.T) {
	var asked []string
	next := "next"
	extras.Native.SubscriptionSearch = func(_ *extras.Subscription, prefix string, cursor *string) (extras.Page, error) {
		if cursor == nil {
			asked = append(asked, prefix)
			return extras.Page{Keys: []string{"a", "b"}, Cursor: &next}, nil
		}
		asked = append(asked, *cursor)
		if len(asked) > 3 {
			return extras.Page{}, extras.ProblemGone
		}
		// An empty page is not the last, and a key may come twice.
		return extras.Page{Keys: [][]string{nil, {"b"}}[len(asked)-2], Cursor: &next}, nil
	}
	var got []string
	var failed error
	for key, err := range new(extras.Subscription).SearchSeq(context.Background(), "p") {
		if failed != nil {
			t.Fatal("something comes after the error")
		}
		if failed = err; err == nil {
			got = append(got, key)
		}
	}
	if !slices.Equal(got, []string{"a", "b", "b"}) || !errors.Is(failed, extras.ProblemGone) {
		t.Fatal(got, failed)
	}
	if !slices.Equal(asked, []string{"p", "next", "next", "next"}) {
		t.Fatal(asked)
	}
	asked = nil
	for range new(extras.Subscription).SearchSeq(context.Background(), "p") {
		break
	}
	if len(asked) != 1 {
		t.Fatal("a loop that ends asks for no more pages")
	}
	done, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range new(extras.Subscription).SearchSeq(done, "p") {
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
}
