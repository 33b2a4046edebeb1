package cloudevents

import (
	"strings"

	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"
	"github.com/wasi-cloud/wasi-cloud/bindgen-go/go/wit"
)

const prefix = "ce-"

func writeBinary(all []attribute, data []byte) (*messaging.Message, error) {
	var metadata messaging.Metadata
	var options []messaging.MessageOption
	for _, a := range all {
		switch {
		case a.name != contentType:
			metadata = append(metadata, wit.Tuple2[string, string]{F0: prefix + a.name, F1: a.value})
		case isFormat(mediaType(a.value)):
			return nil, invalid("`datacontenttype` is that of an event: only structured mode can carry it")
		default:
			options = append(options, messaging.WithContentType(a.value))
		}
	}
	return messaging.NewMessage(data, append(options, messaging.WithMetadata(metadata))...), nil
}

func readBinary(message *messaging.Message, given string, hasContentType bool) (*Event, error) {
	attributes := map[string]string{}
	metadata, _ := message.Metadata()
	for _, pair := range metadata {
		if name, ok := strings.CutPrefix(pair.F0, prefix); ok {
			attributes[name] = pair.F1
		}
	}
	if _, ok := attributes[specversion]; !ok {
		return nil, invalid("no CloudEvent: its content type is not " + structuredType + ", and it has no ce-specversion")
	}
	if _, ok := attributes[contentType]; ok {
		return nil, invalid("ce-datacontenttype is there: it belongs into the content type")
	}
	if hasContentType {
		attributes[contentType] = given
	}
	return newEvent(attributes, message.Data())
}
