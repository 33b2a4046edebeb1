package handler_test

import (
	"context"
	"fmt"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/handler"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/messagingtest"
)

func init() { handler.HandleFunc("greet", greet) }

func greet(ctx context.Context, message *messaging.Message) error {
	return messaging.Publish(ctx, "greetings", fmt.Appendf(nil, "Hello, %s!", message.Data()))
}

func ExampleHandleFunc() {
	// In a test this is messagingtest.New(t).
	broker, err := messagingtest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()

	if err := broker.Deliver(context.Background(), "greet", []byte("Ada")); err != nil {
		fmt.Println(err)
	}
	fmt.Println(string(broker.Published()[0].Data))
	// Output:
	// Hello, Ada!
}
