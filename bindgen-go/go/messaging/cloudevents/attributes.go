package cloudevents

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

const (
	version     = "1.0"
	specversion = "specversion"
	contentType = "datacontenttype"
)

// core are the attributes that are no extensions, in the order of JSON.
var core = []string{specversion, "id", "source", "type", contentType, "dataschema", "subject", "time"}

// An attribute is a name and a value.
type attribute struct{ name, value string }

// attributes are those of the event, all of them right, in the order of JSON.
func (e *Event) attributes() ([]attribute, error) {
	values := []string{version, e.ID, e.Source, e.Type, e.DataContentType, e.DataSchema, e.Subject, e.Time}
	var all []attribute
	for i, name := range core {
		switch {
		case values[i] != "":
			all = append(all, attribute{name, values[i]})
		case i <= slices.Index(core, "type"):
			return nil, missing(name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.Extensions)) {
		if slices.Contains(core, name) {
			return nil, invalid("`" + name + "` is no extension")
		}
		if err := named(name); err != nil {
			return nil, err
		}
		all = append(all, attribute{name, e.Extensions[name]})
	}
	for _, a := range all {
		if !utf8.ValidString(a.value) {
			return nil, invalid("`" + a.name + "` is not UTF-8")
		}
		if strings.ContainsFunc(a.value, unicode.IsControl) {
			return nil, invalid("`" + a.name + "` has a control character")
		}
	}
	if e.Time != "" && !isRFC3339(e.Time) {
		return nil, invalid("`time` is not as in RFC 3339: 2026-01-31T12:00:00Z")
	}
	return all, nil
}

// newEvent is the event of these attributes, which it uses up.
func newEvent(attributes map[string]string, data []byte) (*Event, error) {
	given, ok := attributes[specversion]
	if !ok {
		return nil, missing(specversion)
	}
	if given != version {
		return nil, failed(kind.Unsupported, "specversion `"+given+"`: only `"+version+"` is supported")
	}
	event := &Event{Data: data}
	fields := []*string{&given, &event.ID, &event.Source, &event.Type, &event.DataContentType, &event.DataSchema, &event.Subject, &event.Time}
	for i, name := range core {
		value, ok := attributes[name]
		if ok && value == "" && i > slices.Index(core, "type") {
			return nil, invalid("`" + name + "` is empty")
		}
		*fields[i] = value
		delete(attributes, name)
	}
	if len(attributes) > 0 {
		event.Extensions = attributes
	}
	if _, err := event.attributes(); err != nil {
		return nil, err
	}
	return event, nil
}

func missing(name string) error { return invalid("the CloudEvent has no `" + name + "`") }

// named says why an attribute cannot have this name.
func named(name string) error {
	wrong := func(r rune) bool { return (r < 'a' || 'z' < r) && (r < '0' || '9' < r) }
	if name == "" || name == "data" || strings.ContainsFunc(name, wrong) {
		return invalid("`" + name + "` is no attribute: names are a to z and 0 to 9, and `data` is none")
	}
	return nil
}

// isRFC3339 tells a date, a time, and its distance from UTC. It takes a second 60,
// which is there in some years, and which time.Parse refuses; that takes some
// texts which RFC 3339 does not have.
func isRFC3339(text string) bool {
	const dateTime = "0000-00-00T00:00:00"
	if len(text) < len(dateTime) || !shaped(text[:len(dateTime)], dateTime) {
		return false
	}
	rest := text[len(dateTime):]
	if fraction, ok := strings.CutPrefix(rest, "."); ok {
		if rest = strings.TrimLeft(fraction, "0123456789"); rest == fraction {
			return false
		}
	}
	number := func(digits string) int {
		n, _ := strconv.Atoi(digits)
		return n
	}
	offset := shaped(rest, "+00:00") || shaped(rest, "-00:00")
	if !shaped(rest, "Z") && (!offset || number(rest[1:3]) > 23 || number(rest[4:6]) > 59) {
		return false
	}
	year, month, day := number(text[:4]), number(text[5:7]), number(text[8:10])
	days := 31
	switch month {
	case 2:
		days = 28
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			days = 29
		}
	case 4, 6, 9, 11:
		days = 30
	}
	return 1 <= month && month <= 12 && 1 <= day && day <= days &&
		number(text[11:13]) <= 23 && number(text[14:16]) <= 59 && number(text[17:19]) <= 60
}

// shaped says whether a text has a digit for each 0 of the shape, and else its
// characters; letters may be small.
func shaped(text, shape string) bool {
	if len(text) != len(shape) {
		return false
	}
	for i := range len(text) {
		digit := shape[i] == '0' && '0' <= text[i] && text[i] <= '9'
		letter := 'A' <= shape[i] && shape[i] <= 'Z' && text[i] == shape[i]+'a'-'A'
		if !digit && !letter && text[i] != shape[i] {
			return false
		}
	}
	return true
}
