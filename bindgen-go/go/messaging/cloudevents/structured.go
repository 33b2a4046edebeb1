package cloudevents

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
)

const (
	structuredType = "application/cloudevents+json"
	// space is the white space of JSON.
	space = " \t\r\n"
)

// writeStructured puts the outermost object together by hand: package json would
// order its members, and take white space out of data.
func writeStructured(all []attribute, e *Event) *messaging.Message {
	var out []byte
	for _, a := range all {
		out = quote(append(quote(append(out, ','), a.name), ':'), a.value)
	}
	switch {
	case len(e.Data) == 0:
	case isJSON(e.DataContentType) && utf8.Valid(e.Data) && json.Valid(e.Data):
		out = append(append(out, `,"data":`...), bytes.Trim(e.Data, space)...)
	case e.DataContentType != "" && !isJSON(e.DataContentType) && utf8.Valid(e.Data):
		out = quote(append(out, `,"data":`...), string(e.Data))
	default:
		out = quote(append(out, `,"data_base64":`...), base64.StdEncoding.EncodeToString(e.Data))
	}
	// There is a first attribute, and a comma before it.
	out[0] = '{'
	return messaging.NewMessage(append(out, '}'), messaging.WithContentType(structuredType))
}

// quote appends a text as a JSON string. Package json escapes some characters that
// the SDKs of other languages do not.
func quote(out []byte, text string) []byte {
	const short = "\b\f\n\r\t\"\\"
	const letters = `bfnrt"\`
	out = append(out, '"')
	for i := range len(text) {
		if at := strings.IndexByte(short, text[i]); at >= 0 {
			out = append(out, '\\', letters[at])
		} else if text[i] < ' ' {
			out = fmt.Appendf(out, `\u%04x`, text[i])
		} else {
			out = append(out, text[i])
		}
	}
	return append(out, '"')
}

func readStructured(document []byte) (*Event, error) {
	var members map[string]json.RawMessage
	// Of a document that is null package json makes no map, and no error.
	if !utf8.Valid(document) || json.Unmarshal(document, &members) != nil || members == nil {
		return nil, invalid("the CloudEvent is not a JSON object")
	}
	data, hasData := members["data"]
	delete(members, "data")
	for name, value := range members {
		// What is null is not there. Of data it is a value.
		if string(value) == "null" {
			delete(members, name)
		}
	}
	inBase64, hasBase64 := members["data_base64"]
	delete(members, "data_base64")
	attributes := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		text, ok := attributeText(name, members[name])
		if !ok {
			return nil, invalid("`" + name + "` is not text")
		}
		attributes[name] = text
	}
	switch {
	case hasData && hasBase64:
		return nil, invalid("`data` and `data_base64` are both there")
	case hasBase64:
		text, ok := text(inBase64)
		decoded, err := base64.StdEncoding.Strict().DecodeString(text)
		// Package base64 skips these.
		if !ok || err != nil || strings.ContainsAny(text, "\r\n") {
			return nil, invalid("`data_base64` is not Base64")
		}
		return newEvent(attributes, decoded)
	case !hasData:
		return newEvent(attributes, nil)
	}
	if _, ok := attributes[contentType]; !ok {
		attributes[contentType] = "application/json"
	}
	if isJSON(attributes[contentType]) {
		return newEvent(attributes, data)
	}
	plain, ok := text(data)
	if !ok {
		return nil, invalid("`data` is not text, and its content type is not JSON")
	}
	return newEvent(attributes, []byte(plain))
}

// attributeText is an attribute as text. Extensions may be of two more types that
// JSON has a form for.
func attributeText(name string, value json.RawMessage) (string, bool) {
	if text, ok := text(value); ok {
		return text, true
	}
	_, err := strconv.ParseInt(string(value), 10, 32)
	typed := string(value) == "true" || string(value) == "false" || err == nil
	return string(value), typed && !slices.Contains(core, name)
}

// text is a JSON string. Of a lone surrogate package json makes U+FFFD, and no
// error.
func text(value json.RawMessage) (text string, ok bool) {
	if value[0] != '"' || json.Unmarshal(value, &text) != nil {
		return "", false
	}
	replaced := strings.ContainsRune(text, utf8.RuneError)
	written := bytes.ContainsRune(value, utf8.RuneError) || bytes.Contains(bytes.ToLower(value), []byte(`\ufffd`))
	return text, !replaced || written
}
