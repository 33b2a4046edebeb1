package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestSite(t *testing.T) {
	tests := []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/", "", http.StatusOK, "Hello, World!\n"},
		{"GET", "/hello/Ada", "", http.StatusOK, "Hello, Ada!\n"},
		{"POST", "/echo", "anything", http.StatusOK, "anything"},
		{"GET", "/nowhere", "", http.StatusNotFound, "404 page not found\n"},
	}
	for _, test := range tests {
		answer := httptest.NewRecorder()
		site().ServeHTTP(answer, httptest.NewRequest(test.method, test.path, strings.NewReader(test.body)))
		if answer.Code != test.status || answer.Body.String() != test.want {
			t.Errorf("%s %s: %d %q", test.method, test.path, answer.Code, answer.Body)
		}
	}
}
