package cloudevents_test

import (
	"fmt"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/cloudevents"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/messagingtest"
)

func ExampleEvent_ToMessage() {
	// In a test this is messagingtest.New(t).
	broker, err := messagingtest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer broker.Close()

	event := cloudevents.Event{
		ID: "7", Source: "/counter", Type: "com.example.order",
		DataContentType: "application/json", Data: []byte(`{"cups":2}`),
	}
	message, err := event.ToMessage(cloudevents.Structured)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer message.Close()
	fmt.Printf("%s\n", message.Data())
	// Output:
	// {"specversion":"1.0","id":"7","source":"/counter","type":"com.example.order","datacontenttype":"application/json","data":{"cups":2}}
}
