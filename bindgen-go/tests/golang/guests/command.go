// A program for any host that runs commands.
package main

import (
	"context"
	"errors"
	"os"

	"example.com/guest/gen/wasi/cli"
)

func init() { cli.Handle(cli.HandlerFunc(run)) }

func main() {}

func run(context.Context) error {
	if len(os.Args) != 2 {
		return errors.New("wants one argument")
	}
	_, err := os.Stdout.WriteString("Hello, " + os.Args[1] + "!\n")
	return err
}
