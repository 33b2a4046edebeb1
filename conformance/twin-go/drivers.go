package main

import (
	"encoding/json"
	"fmt"
	"reflect"

	config "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/config/line"
	configstep "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/config/step"
	ext "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue-ext/line"
	extstep "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue-ext/step"
	keyvalue "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue/line"
	keyvaluestep "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/keyvalue/step"
	messaging "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/messaging/line"
	messagingstep "github.com/wasi-cloud/wasi-cloud/conformance/guests/go/messaging/step"
)

var keyvalueLine = variant[keyvalue.Op](line{}, keyvalue.OpOpen{}, keyvalue.OpClose{}, keyvalue.OpGet{}, keyvalue.OpSet{},
	keyvalue.OpDelete{}, keyvalue.OpExists{}, keyvalue.OpListKeys{}, keyvalue.OpIncrement{}, keyvalue.OpCasNew{},
	keyvalue.OpCasCurrent{}, keyvalue.OpCasSwap{}, keyvalue.OpCasDrop{}, keyvalue.OpGetMany{}, keyvalue.OpSetMany{},
	keyvalue.OpDeleteMany{}, keyvalue.OpAllKeys{}, keyvalue.OpAppend{})

var extLine = variant[ext.Op](
	variant[ext.Condition](line{}, ext.ConditionAlways{}, ext.ConditionAbsent{}, ext.ConditionVersion{}),
	ext.OpOpen{}, ext.OpClose{}, ext.OpGet{}, ext.OpPut{}, ext.OpDelete{}, ext.OpListKeys{}, ext.OpPlainGet{}, ext.OpPlainSet{},
	ext.OpPlainDelete{}, ext.OpPlainExists{}, ext.OpPlainIncrement{})

var messagingLine = variant[messaging.Op](line{}, messaging.OpConnect{}, messaging.OpDisconnect{}, messaging.OpClose{},
	messaging.OpMessage{}, messaging.OpTopic{}, messaging.OpContentType{}, messaging.OpSetContentType{}, messaging.OpData{},
	messaging.OpSetData{}, messaging.OpMetadata{}, messaging.OpAddMetadata{}, messaging.OpSetMetadata{},
	messaging.OpRemoveMetadata{}, messaging.OpDrop{}, messaging.OpSend{}, messaging.OpRequest{}, messaging.OpReply{})

var configLine = variant[config.Op](line{}, config.OpGet{}, config.OpGetAll{})

// driver is a new guest of that name: one operation in, one observation out, as JSON.
func driver(name string) (func(op string) (string, error), error) {
	switch name {
	case `"keyvalue"`:
		return exec(keyvalueLine, new(keyvaluestep.State).Exec), nil
	case `"keyvalue-ext"`:
		return exec(extLine, new(extstep.State).Exec), nil
	case `"messaging"`:
		return exec(messagingLine, new(messagingstep.State).Exec), nil
	case `"config"`:
		return exec(configLine, new(configstep.State).Exec), nil
	}
	return nil, fmt.Errorf("no driver %s", name)
}

func exec[Op, Seen any](l line, step func(Op) Seen) func(string) (string, error) {
	return func(text string) (string, error) {
		var op Op
		if err := l.decode(json.RawMessage(text), reflect.ValueOf(&op).Elem()); err != nil {
			return "", err
		}
		seen, err := encodeCase(reflect.TypeFor[Seen](), reflect.ValueOf(step(op)))
		return string(seen), err
	}
}
