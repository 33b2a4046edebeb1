package keyvalueext

import "time"

// A PutOption says how to Put.
type PutOption func(*PutOptions)

// Options are how to Put: by default under no condition, and for ever. The zero
// PutOptions are not: without a Condition they are wit.ErrVariant.
func Options(options ...PutOption) PutOptions {
	o := PutOptions{Condition: ConditionAlways{}}
	for _, option := range options {
		option(&o)
	}
	return o
}

// IfAbsent writes only if the key is absent (KVX-11).
func IfAbsent() PutOption {
	return func(o *PutOptions) { o.Condition = ConditionAbsent{} }
}

// IfVersion writes only if the key has this version (KVX-12).
func IfVersion(version Version) PutOption {
	return func(o *PutOptions) { o.Condition = ConditionVersion{version} }
}

// TTL lets the key live for this long from the write on, in whole milliseconds:
// what is left of one counts as one, so that a key never expires early (KVX-30).
// Zero, and what is negative, is kind.Invalid at the host (KVX-35).
func TTL(lifetime time.Duration) PutOption {
	ms := uint64(0)
	if lifetime > 0 {
		ms = uint64((lifetime-1)/time.Millisecond) + 1
	}
	return func(o *PutOptions) { o.TTLMs = &ms }
}
