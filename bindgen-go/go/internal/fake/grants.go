package fake

import (
	"regexp"
	"slices"
	"strings"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
)

var capabilities = []string{"keyvalue", "messaging", "config"}

// A rule is capability:label, with :read or :write to narrow it.
type rule struct {
	capability string
	label      *regexp.Regexp
	access     Access // Open: both
}

func parse(text string) (rule, *Error) {
	bad := func(why string) (rule, *Error) {
		return rule{}, failure(kind.Invalid,
			"grant `%s`: %s; write `capability:label`, with `:read` or `:write` to narrow it", text, why)
	}
	capability, label, found := strings.Cut(text, ":")
	if !found {
		return bad("it names no label")
	}
	if !slices.Contains(capabilities, capability) {
		return bad("the capabilities are " + strings.Join(capabilities, ", "))
	}
	access := Open
	if i := strings.LastIndexByte(label, ':'); i >= 0 {
		switch label[i+1:] {
		case "read":
			access = Read
		case "write":
			access = Write
		default:
			return bad("what follows the label must be `read` or `write`")
		}
		label = label[:i]
	}
	if label == "" {
		return bad("the label is empty")
	}
	pattern, err := regexp.Compile(expression(label))
	if err != nil {
		return bad("its label is no pattern: " + err.Error())
	}
	return rule{capability, pattern, access}, nil
}

// expression is a glob as a regular expression: *, ?, [a-z], [!a-z], {a,b} and \.
func expression(glob string) string {
	var e strings.Builder
	e.WriteString(`(?s)\A`)
	depth := 0
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '*':
			e.WriteString(".*")
		case c == '?':
			e.WriteString(".")
		case c == '\\' && i+1 < len(glob):
			i++
			e.WriteString(regexp.QuoteMeta(glob[i : i+1]))
		case c == '[':
			end := strings.IndexByte(glob[i+1:], ']')
			if end <= 0 {
				return "["
			}
			class := glob[i+1 : i+1+end]
			if class[0] == '!' {
				class = "^" + class[1:]
			}
			e.WriteString("[" + strings.ReplaceAll(class, `\`, `\\`) + "]")
			i += end + 1
		case c == '{':
			depth++
			e.WriteString("(?:")
		case c == '}' && depth > 0:
			depth--
			e.WriteString(")")
		case c == ',' && depth > 0:
			e.WriteString("|")
		case c >= 0x80:
			e.WriteByte(c)
		default:
			e.WriteString(regexp.QuoteMeta(string(c)))
		}
	}
	return e.String() + `\z`
}

func (r rule) allows(capability, label string, access Access) bool {
	return r.capability == capability && (access == Open || r.access == Open || r.access == access) &&
		r.label.MatchString(label)
}
