package wit

import (
	"errors"
	"unicode/utf8"
)

// ErrNotUTF8 means that a string is not UTF-8, which WIT has no way to pass. Use
// a list<u8> for bytes.
var ErrNotUTF8 = errors.New("wit: the string is not UTF-8")

// ErrNotChar means that a rune is not a Unicode scalar value.
var ErrNotChar = errors.New("wit: the rune is not a Unicode scalar value")

// Text returns s, which has to be UTF-8.
func Text(s string) string {
	if !utf8.ValidString(s) {
		panic(misuse{ErrNotUTF8})
	}
	return s
}

// Char returns r, which has to be a Unicode scalar value.
func Char(r rune) int32 {
	if !utf8.ValidRune(r) {
		panic(misuse{ErrNotChar})
	}
	return r
}
