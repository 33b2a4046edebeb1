// Hello greets those that it is given by name, or the world.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	greeting := flag.String("greeting", "Hello", "what to say")
	flag.Parse()
	names := flag.Args()
	if len(names) == 0 {
		names = []string{"world"}
	}
	if _, err := fmt.Printf("%s, %s!\n", *greeting, strings.Join(names, " and ")); err != nil {
		fmt.Fprintln(os.Stderr, "hello:", err)
		os.Exit(1)
	}
}
