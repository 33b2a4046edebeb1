// The suite's side of a program that has the Go drivers and the fakes of the Go SDK in it: one deployment, with guests that are
// goroutines of it. The suite says on stdin what to do; ../tests/twin builds the program and drives it.
//
// Its argument is a start. Each line is a number and JSON: 0 and a control, answered by 0 and null or why it failed; a number
// and the name of a driver, which is a new guest; or a guest's number and an operation, answered by its number and the
// observation. When stdin ends the guests do.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
)

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// A guest is a driver that waits for operations.
type guest chan string

func serve(in io.Reader, out io.Writer) error {
	if len(os.Args) != 2 {
		return errors.New("usage: twin-go START")
	}
	cloud, err := begin(os.Args[1])
	if err != nil {
		return err
	}
	var turn sync.Mutex
	say := func(number int, text string) {
		turn.Lock()
		defer turn.Unlock()
		fmt.Fprintf(out, "%d %s\n", number, text)
	}
	guests := map[int]guest{}
	var lives sync.WaitGroup
	lines := bufio.NewReader(in)
	for {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		first, told, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		number, err := strconv.Atoi(first)
		if err != nil {
			return err
		}
		if number == 0 {
			say(0, answer(cloud.apply(told)))
		} else if ops := guests[number]; ops != nil {
			ops <- told
		} else {
			exec, err := driver(told)
			if err != nil {
				return err
			}
			ops := make(guest, 1)
			guests[number] = ops
			lives.Go(func() {
				for op := range ops {
					seen, err := exec(op)
					if err != nil {
						// Without an answer the suite waits until its deadline, and stderr says why.
						fmt.Fprintf(os.Stderr, "%v: %.200s\n", err, op)
						continue
					}
					say(number, seen)
				}
			})
		}
	}
	for _, ops := range guests {
		close(ops)
	}
	lives.Wait()
	return nil
}

// answer is JSON of what a control came to.
func answer(err error) string {
	if err == nil {
		return "null"
	}
	text, _ := json.Marshal(err.Error())
	return string(text)
}
