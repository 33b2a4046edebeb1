package config_test

import (
	"context"
	"fmt"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config/configtest"
)

func ExampleGet() {
	// In a test this is configtest.New(t).
	operator, err := configtest.Start()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer operator.Close()
	operator.Set("greeting", "hello")

	ctx := context.Background()
	greeting, ok, err := config.Get(ctx, "greeting")
	fmt.Println(greeting, ok, err)
	_, ok, err = config.Get(ctx, "farewell")
	fmt.Println(ok, err)
	// Output:
	// hello true <nil>
	// false <nil>
}
