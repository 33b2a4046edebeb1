package config_test

import (
	"errors"
	"reflect"
	"testing"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/cloudtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/config/configtest"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/kind"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

func TestAll(t *testing.T) {
	operator := configtest.New(t)
	operator.Set("b", "2")
	operator.Set("a", "")
	operator.Set("c", "3")
	operator.Remove("c")
	all, err := config.GetAll(t.Context())
	if want := []wit.Tuple2[string, string]{{F0: "a"}, {F0: "b", F1: "2"}}; err != nil || !reflect.DeepEqual(all, want) {
		t.Error(all, err)
	}
	if value, ok, err := config.Get(t.Context(), "a"); value != "" || !ok || err != nil {
		t.Error("the empty string is a value:", value, ok, err)
	}
}

func TestKinds(t *testing.T) {
	operator := configtest.New(t)
	for given, want := range map[kind.Kind]kind.Kind{
		kind.Timeout: kind.Unavailable, kind.Unavailable: kind.Unavailable, kind.Quota: kind.Other, kind.NotFound: kind.Other,
	} {
		operator.Inject(cloudtest.Fault{Kind: given})
		_, _, err := config.Get(t.Context(), "key")
		if !errors.Is(err, want) || kind.MaybeApplied(err) {
			t.Errorf("%v: %v", given, err)
		}
	}
	if err := operator.Grant(); err != nil {
		t.Error(err)
	}
	if _, err := config.GetAll(t.Context()); !errors.Is(err, kind.Other) {
		t.Error(err)
	}
	if _, _, err := config.Get(t.Context(), "\xff"); !errors.Is(err, kind.Invalid) || operator.Heal() != 0 {
		t.Error(err)
	}
}
