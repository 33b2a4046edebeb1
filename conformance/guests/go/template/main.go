// Not of the corpus: it reaches text/template, for which the linker keeps every method of every type that a value may have,
// and mentions all that the SDK has. It may import the packages whose values it makes, and no other.
package main

import (
	"context"
	"strings"
	"text/template"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalue"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/keyvalueext"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging/handler"
)

var page = template.Must(template.New("page").Parse("{{.Greeting | printf \"%s\"}}\n"))

func init() { handler.Handle(handler.HandlerFunc(render)) }

func main() {}

func render(ctx context.Context, _ *messaging.Message) error {
	bucket, err := keyvalue.Open(ctx, "default")
	if err != nil {
		return err
	}
	defer bucket.Close()
	greeting, _, err := bucket.Get(ctx, "greeting")
	if err != nil {
		return err
	}
	var text strings.Builder
	if err := page.Execute(&text, map[string]any{"Greeting": greeting}); err != nil {
		return err
	}
	if text.Len() > 1<<20 {
		panic("the greeting is too long")
	}
	return nil
}

// elsewhere is what another program would call.
func elsewhere(ctx context.Context, bucket *keyvalue.Bucket) error {
	key, _, err := config.Get(ctx, "key")
	if err == nil {
		_, _, err = keyvalueext.Get(ctx, bucket, key)
	}
	return err
}

var _ = elsewhere
