//go:build !wasip1 || fake

package messagingtest

import "github.com/wasi-cloud/wasi-cloud/bindgen-go/go/messaging"

// install makes f the host, and returns what undoes that.
func (f *Fake) install() func() {
	old := messaging.Native

	messaging.Native.Connect = f.connect
	messaging.Native.ClientDisconnect = f.disconnect
	messaging.Native.ClientSend = f.send
	messaging.Native.ClientRequest = f.request
	messaging.Native.MessageReply = f.reply
	messaging.Native.NewRequestOptions = f.newOptions
	messaging.Native.RequestOptionsSetTimeoutMs = f.setTimeout
	messaging.Native.RequestOptionsSetExpectedReplies = f.setExpectedReplies

	messaging.Native.NewMessage = f.newMessage
	messaging.Native.MessageTopic = f.topic
	messaging.Native.MessageContentType = f.contentType
	messaging.Native.MessageSetContentType = f.setContentType
	messaging.Native.MessageData = f.data
	messaging.Native.MessageSetData = f.setData
	messaging.Native.MessageMetadata = f.metadata
	messaging.Native.MessageAddMetadata = f.addMetadata
	messaging.Native.MessageSetMetadata = f.setMetadata
	messaging.Native.MessageRemoveMetadata = f.removeMetadata

	return func() { messaging.Native = old }
}
