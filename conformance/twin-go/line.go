package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
)

// A line is the type of operations: what its variants are in JSON. There a case without a value is text, and one with a value is
// an object with one member.
type line map[reflect.Type]map[string]reflect.Type

// variant is the line with the cases of V besides, which are named V and what JSON calls them.
func variant[V any](l line, cases ...V) line {
	of := reflect.TypeFor[V]()
	l[of] = map[string]reflect.Type{}
	for _, c := range cases {
		t := reflect.TypeOf(c)
		l[of][strings.TrimPrefix(t.Name(), of.Name())] = t
	}
	return l
}

func (l line) decode(text json.RawMessage, into reflect.Value) error {
	switch into.Kind() {
	case reflect.Interface:
		return l.decodeCase(text, into)
	case reflect.Pointer:
		if string(text) == "null" {
			return nil
		}
		into.Set(reflect.New(into.Type().Elem()))
		return l.decode(text, into.Elem())
	case reflect.Slice:
		if into.Type().Elem().Kind() == reflect.Uint8 {
			bytes, err := decodeBytes(text)
			into.SetBytes(bytes)
			return err
		}
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		into.Set(reflect.MakeSlice(into.Type(), len(items), len(items)))
		for i, item := range items {
			if err := l.decode(item, into.Index(i)); err != nil {
				return err
			}
		}
		return nil
	case reflect.Struct:
		return l.decodeFields(text, into)
	default:
		return json.Unmarshal(text, into.Addr().Interface())
	}
}

func (l line) decodeCase(text json.RawMessage, into reflect.Value) error {
	name, value := "", json.RawMessage(nil)
	if err := json.Unmarshal(text, &name); err != nil {
		var member map[string]json.RawMessage
		if err := json.Unmarshal(text, &member); err != nil {
			return err
		}
		for name, value = range member {
		}
	}
	t := l[into.Type()][name]
	if t == nil {
		return fmt.Errorf("no case %q of %v", name, into.Type())
	}
	made := reflect.New(t).Elem()
	if value != nil {
		if err := l.decode(value, made.FieldByName("Value")); err != nil {
			return err
		}
	}
	into.Set(made)
	return nil
}

// decodeFields reads a record, which is an object, or a tuple, which is an array.
func (l line) decodeFields(text json.RawMessage, into reflect.Value) error {
	values := map[string]json.RawMessage{}
	if isTuple(into.Type()) {
		var items []json.RawMessage
		if err := json.Unmarshal(text, &items); err != nil {
			return err
		}
		for i, item := range items {
			values["f"+strconv.Itoa(i)] = item
		}
	} else {
		var members map[string]json.RawMessage
		if err := json.Unmarshal(text, &members); err != nil {
			return err
		}
		for name, value := range members {
			values[strings.ReplaceAll(name, "_", "")] = value
		}
	}
	for i := range into.NumField() {
		value, there := values[strings.ToLower(into.Type().Field(i).Name)]
		if !there || len(values) != into.NumField() {
			return fmt.Errorf("%s is no %v", text, into.Type())
		}
		if err := l.decode(value, into.Field(i)); err != nil {
			return err
		}
	}
	return nil
}

func isTuple(t reflect.Type) bool { return t.NumField() > 0 && t.Field(0).Name == "F0" }

// decodeBytes reads an array of numbers.
func decodeBytes(text json.RawMessage) ([]byte, error) {
	inner, ok := strings.CutPrefix(string(text), "[")
	if !ok {
		return nil, errors.New("no bytes")
	}
	bytes := []byte{}
	for inner != "]" {
		end := strings.IndexAny(inner, ",]")
		if end < 0 {
			return nil, errors.New("bytes without an end")
		}
		b, err := strconv.ParseUint(inner[:end], 10, 8)
		if err != nil {
			return nil, err
		}
		bytes = append(bytes, byte(b))
		if inner[end] == ',' {
			end++
		}
		inner = inner[end:]
	}
	return bytes, nil
}

// encodeCase writes an observation.
func encodeCase(of reflect.Type, seen reflect.Value) ([]byte, error) {
	name, err := json.Marshal(strings.TrimPrefix(seen.Type().Name(), of.Name()))
	if err != nil || seen.NumField() == 0 {
		return name, err
	}
	text, err := encode(append(append([]byte("{"), name...), ':'), seen.FieldByName("Value"))
	return append(text, '}'), err
}

func encode(text []byte, v reflect.Value) ([]byte, error) {
	if name, ok := v.Interface().(fmt.Stringer); ok {
		return append(text, `"`+camel(name.String())+`"`...), nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(text, "null"...), nil
		}
		return encode(text, v.Elem())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return encodeBytes(text, v.Bytes()), nil
		}
		return encodeItems(text, v.Len(), v.Index)
	case reflect.Struct:
		if isTuple(v.Type()) {
			return encodeItems(text, v.NumField(), v.Field)
		}
		text = append(text, '{')
		for i := range v.NumField() {
			if i > 0 {
				text = append(text, ',')
			}
			text = append(text, `"`+strings.ToLower(v.Type().Field(i).Name)+`":`...)
			var err error
			if text, err = encode(text, v.Field(i)); err != nil {
				return nil, err
			}
		}
		return append(text, '}'), nil
	default:
		scalar, err := json.Marshal(v.Interface())
		return append(text, scalar...), err
	}
}

func encodeBytes(text, bytes []byte) []byte {
	text = append(text, '[')
	for i, b := range bytes {
		if i > 0 {
			text = append(text, ',')
		}
		text = strconv.AppendUint(text, uint64(b), 10)
	}
	return append(text, ']')
}

func encodeItems(text []byte, count int, item func(int) reflect.Value) ([]byte, error) {
	text = append(text, '[')
	for i := range count {
		if i > 0 {
			text = append(text, ',')
		}
		var err error
		if text, err = encode(text, item(i)); err != nil {
			return nil, err
		}
	}
	return append(text, ']'), nil
}

// camel is a name of WIT as JSON has it.
func camel(name string) string {
	var text strings.Builder
	for word := range strings.SplitSeq(name, "-") {
		text.WriteString(strings.ToUpper(word[:1]) + word[1:])
	}
	return text.String()
}
