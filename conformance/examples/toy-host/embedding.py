"""Two mends of wasmtime's Python embedding, as of 50.0.1, which is told below what it should do.

Where the `ok` of a result may be none, any `err` is taken for that `ok`, and the call fails: what a case without a value can
be is `object` there, and should be the type of none. And which case a value is of is found out by way of a set that all
threads share.
"""

from ctypes import byref, pointer

from wasmtime import _ffi as ffi
from wasmtime.component import Variant
from wasmtime.component._types import OptionType, ResultType, VariantType


def classes(value_type):
    found = set()
    if value_type is None:
        found.add(type(None))
    else:
        value_type.add_classes(found)
    return found


def is_tagged(self):
    """Whether types of Python cannot tell the cases apart."""
    all_cases = [classes(payload) for _, payload in self._cases()]
    return len(set().union(*all_cases)) < sum(map(len, all_cases))


def add_classes(self, found):
    found |= {Variant} if is_tagged(self) else set().union(*(classes(payload) for _, payload in self._cases()))


def lower(self, store, value):
    tagged = is_tagged(self)
    if tagged and not isinstance(value, Variant):
        raise TypeError("expected Variant type")
    for name, payload in self._cases():
        if name == value.tag if tagged else isinstance(value, tuple(classes(payload))):
            if payload is None:
                return name, None
            raw = ffi.wasmtime_component_val_t()
            payload.convert_to_c(store, value.payload if tagged else value, pointer(raw))
            return name, ffi.wasmtime_component_val_new(byref(raw))
    raise ValueError("value not valid for this variant")


def mend():
    for kind in (OptionType, ResultType, VariantType):
        kind._tagged, kind.add_classes, kind._lower = is_tagged, add_classes, lower
