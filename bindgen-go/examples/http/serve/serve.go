// Package serve lets an http.Handler answer the requests of a component for wasi:http.
package serve

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/url"
	"strconv"

	wasihttp "example.com/site/gen/wasi/http"
	wasiio "example.com/site/gen/wasi/io"
	"example.com/site/gen/wit"
)

// Handle registers the handler. Call it in an init function: the main function of a component never runs.
//
// Each request has an instance of its own, so a handler that keeps something in memory does not find it again. A panic ends
// the instance; the host then answers 500, or cuts the answer off where it had begun.
func Handle(handler http.Handler) {
	wasihttp.Handle(wasihttp.HandlerFunc(func(in *wasihttp.IncomingRequest, out *wasihttp.ResponseOutparam) {
		ctx := context.Background()
		request, err := newRequest(ctx, in)
		answer := &response{ctx: ctx, out: out, header: http.Header{}}
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
		} else {
			handler.ServeHTTP(answer, request)
			_ = request.Body.Close()
		}
		if err := answer.finish(); err != nil {
			log.Printf("the answer was not sent in full: %v", err)
		}
	}))
}

func newRequest(ctx context.Context, in *wasihttp.IncomingRequest) (*http.Request, error) {
	path, _ := in.PathWithQuery()
	target, err := url.ParseRequestURI(path)
	if err != nil {
		return nil, err
	}
	host, _ := in.Authority()
	header := http.Header{}
	fields := in.Headers()
	for _, field := range fields.Entries() {
		header.Add(field.F0, string(field.F1))
	}
	if err := fields.Close(); err != nil {
		return nil, err
	}
	length := int64(-1)
	if text := header.Get("Content-Length"); text != "" {
		if length, err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, err
		}
	}
	content, err := in.Consume(ctx)
	if err != nil {
		return nil, err
	}
	stream, err := content.Stream(ctx)
	if err != nil {
		return nil, err
	}
	request := &http.Request{
		Method: method(in.Method()), URL: target, RequestURI: path, Host: host, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: body{stream, content}, ContentLength: length,
	}
	return request.WithContext(ctx), nil
}

func method(m wasihttp.Method) string {
	switch m := m.(type) {
	case wasihttp.MethodGet:
		return http.MethodGet
	case wasihttp.MethodHead:
		return http.MethodHead
	case wasihttp.MethodPost:
		return http.MethodPost
	case wasihttp.MethodPut:
		return http.MethodPut
	case wasihttp.MethodDelete:
		return http.MethodDelete
	case wasihttp.MethodConnect:
		return http.MethodConnect
	case wasihttp.MethodOptions:
		return http.MethodOptions
	case wasihttp.MethodTrace:
		return http.MethodTrace
	case wasihttp.MethodPatch:
		return http.MethodPatch
	case wasihttp.MethodOther:
		return m.Value
	}
	return ""
}

// body is what the client sends.
type body struct {
	io.Reader
	content *wasihttp.IncomingBody
}

// Close leaves the rest unread.
func (b body) Close() error {
	// The stream first: it is a part of the content.
	if stream, ok := b.Reader.(*wasiio.InputStream); ok {
		if err := stream.Close(); err != nil {
			return err
		}
	}
	return b.content.Close()
}

// response is the http.ResponseWriter of one request.
type response struct {
	ctx    context.Context
	out    *wasihttp.ResponseOutparam
	header http.Header
	body   *wasihttp.OutgoingBody
	stream *wasiio.OutputStream
	err    error
	begun  bool
}

func (r *response) Header() http.Header { return r.header }

// WriteHeader sends the status and the headers. What goes wrong is the error of the next Write.
func (r *response) WriteHeader(status int) {
	if r.begun {
		return
	}
	r.begun = true
	r.err = r.begin(status)
}

func (r *response) begin(status int) error {
	fields := wasihttp.NewFields()
	for name, values := range r.header {
		for _, value := range values {
			if err := fields.Append(r.ctx, name, []byte(value)); err != nil {
				// Such as Connection, which is the host's.
				log.Printf("the header %s was left out: %v", name, err)
			}
		}
	}
	answer := wasihttp.NewOutgoingResponse(fields)
	if err := answer.SetStatusCode(r.ctx, uint16(status)); err != nil {
		return err
	}
	var err error
	if r.body, err = answer.Body(r.ctx); err != nil {
		return err
	}
	wasihttp.ResponseOutparamSet(r.out, wit.Ok[*wasihttp.OutgoingResponse, wasihttp.ErrorCode](answer))
	r.stream, err = r.body.Write(r.ctx)
	return err
}

func (r *response) Write(data []byte) (int, error) {
	if !r.begun {
		if _, ok := r.header["Content-Type"]; !ok {
			r.header.Set("Content-Type", http.DetectContentType(data))
		}
		r.WriteHeader(http.StatusOK)
	}
	if r.err != nil {
		return 0, r.err
	}
	written, err := r.stream.Write(data)
	r.err = err
	return written, err
}

// Flush does nothing: each Write is sent at once.
func (r *response) Flush() {}

func (r *response) finish() error {
	r.WriteHeader(http.StatusOK)
	if r.err != nil {
		return r.err
	}
	// The stream first: it is a part of the body.
	if err := r.stream.Close(); err != nil {
		return err
	}
	return wasihttp.OutgoingBodyFinish(r.ctx, r.body, nil)
}
