// Edge answers requests at Fastly's edge.
package main

import (
	"context"
	"fmt"

	"github.com/fastly/compute-sdk-go/fsthttp"
)

func main() {
	fsthttp.ServeFunc(func(_ context.Context, w fsthttp.ResponseWriter, r *fsthttp.Request) {
		if r.Method != "GET" && r.Method != "HEAD" {
			w.WriteHeader(fsthttp.StatusMethodNotAllowed)
			return
		}
		fmt.Fprintln(w, "Hello, edge!")
	})
}
