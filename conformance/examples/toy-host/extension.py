"""`wasi-cloud:keyvalue` on the same dicts: versions and conditions, and no lifetimes."""

from wasmtime.component import Variant

from keyvalue import behind, page, record, write

MOST = 1000  # keys in a page, however many the guest wants


def refused(kind, message):
    return record(kind=kind, applied="no", message=message)


def unmet(data, key, condition):
    """Why the condition does not hold; none if it does."""
    _, version = data.get(key, (None, None))
    holds = {"always": True, "absent": version is None, "version": version == condition.payload}
    return None if holds[condition.tag] else refused("conflict", "the condition does not hold")


def entry(caller, bucket, key):
    data = behind(caller, bucket)
    if key not in data:
        return Variant("ok", None)
    value, version = data[key]
    return Variant("ok", record(value=value, version=version))


def write_if(caller, bucket, key, value, options):
    data, lifetime = behind(caller, bucket), getattr(options, "ttl-ms")
    if lifetime is not None:
        return refused("unsupported", "there are no lifetimes") if lifetime else refused("invalid", "no lifetime at all")
    return unmet(data, key, options.condition) or write(data, key, value)


def delete_if(caller, bucket, key, condition):
    data = behind(caller, bucket)
    if condition.tag == "absent":
        return refused("invalid", "what is absent cannot be deleted")
    return unmet(data, key, condition) or data.pop(key, None) is not None


def list_prefix(caller, bucket, prefix, cursor, limit):
    data = behind(caller, bucket)
    if limit == 0:
        return Variant("err", refused("invalid", "a page of no keys"))
    found = page(data, prefix, cursor, min(limit, MOST))
    return Variant("ok", found) if found else Variant("err", refused("invalid", "no page had this cursor"))


FUNCTIONS = {
    "wasi-cloud:keyvalue/extension@0.1.0": {
        "get": entry,
        "put": write_if,
        "delete": delete_if,
        "list-keys": list_prefix,
    },
}
