package messaging_test

import (
	"context"
	"fmt"
	"time"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/messagingtest"
)

func ExamplePublish() {
	// In a test this is messagingtest.New(t).
	broker, err := messagingtest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()

	err = messaging.Publish(context.Background(), "orders", []byte("one espresso"))
	fmt.Println(err)
	for _, sent := range broker.Published() {
		fmt.Printf("%s: %s\n", sent.Topic, sent.Data)
	}
	// Output:
	// <nil>
	// orders: one espresso
}

func ExampleClient_Request() {
	broker, err := messagingtest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()
	broker.ReplyWith("price", func(question *messaging.Message) *messaging.Message {
		return messaging.NewMessage(fmt.Appendf(nil, "%s: 2.50", question.Data()))
	})

	ctx := context.Background()
	client, err := messaging.Connect(ctx, "default")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	question := messaging.NewMessage([]byte("espresso"), messaging.WithContentType("text/plain"))
	options := messaging.NewRequestOptions(messaging.WithTimeout(time.Second))
	replies, err := client.Request(ctx, "price", question, options)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(string(replies[0].Data()))
	// Output:
	// espresso: 2.50
}
