"""`wasi:keyvalue` on dicts: a Python function for each of its own.

Each gets the caller first, which handles are looked up with, and returns the `ok` or the `err` of its result. The embedding
tells which one is meant by the type of the value; where both are of one type it wants a `Variant` that says so.
"""

from itertools import count

from wasmtime.component import Record, ResourceHost, Variant

PAGE = 100  # keys
BUCKET, CAS = 1, 2  # the embedding knows types of handles by numbers

stores = {"default": {}, "other": {}}  # by label: values with versions, by key
granted = {*stores, "missing"}  # which is linked to nothing, as in every deployment of the suite
handles = {}  # what each stands for
numbers = count(1)  # of handles, and of versions: none ever comes back


def handle(kind, what):
    number = next(numbers)
    handles[number] = what
    return ResourceHost.own(number, kind)


def behind(caller, resource):
    """To be called once for each handle that a call has: it ends the borrow, which the embedding insists on."""
    return handles[resource.to_host(caller).rep]


def drop(caller, number):
    del handles[number]


def write(data, key, value):
    version = str(next(numbers))
    data[key] = (value, version)
    return version


def record(**fields):
    made = Record()
    made.__dict__.update(fields)
    return made


def page(data, prefix, cursor, limit):
    """At most so many keys after the cursor, which names the last one before; none if no page had that cursor."""
    if cursor is not None and not cursor.startswith("after "):
        return None
    keys = sorted(key for key in data if key.startswith(prefix) and (cursor is None or f"after {key}" > cursor))
    return record(keys=keys[:limit], cursor=f"after {keys[limit - 1]}" if len(keys) > limit else None)


# wasi:keyvalue/store


def other(text):
    return Variant("other", text)


def open_bucket(caller, label):
    if label not in granted:
        return Variant("access-denied")
    return handle(BUCKET, stores[label]) if label in stores else Variant("no-such-store")


def get(caller, bucket, key):
    value, _ = behind(caller, bucket).get(key, (None, None))
    return value


def put(caller, bucket, key, value):
    write(behind(caller, bucket), key, value)


def delete(caller, bucket, key):
    behind(caller, bucket).pop(key, None)


def exists(caller, bucket, key):
    return key in behind(caller, bucket)


def list_keys(caller, bucket, cursor):
    return page(behind(caller, bucket), "", cursor, PAGE) or other("no page had this cursor")


# wasi:keyvalue/atomics


def increment(caller, bucket, key, delta):
    data = behind(caller, bucket)
    text, _ = data.get(key, (b"0", None))
    number = counter(text)
    if number is None:
        return other("the value is no counter")
    if not in_range(number + delta):
        return other("the sum is past the range of 64 bits")
    write(data, key, str(number + delta).encode())
    return number + delta


def counter(text):
    try:
        number = int(text)
    except ValueError:
        return None
    # Python reads `+1` and ` 1` as well.
    return number if in_range(number) and str(number).encode() == text else None


def in_range(number):
    return -(2**63) <= number < 2**63


def snapshot(data, key):
    return handle(CAS, (data, key, data.get(key)))


def cas_new(caller, bucket, key):
    return snapshot(behind(caller, bucket), key)


def cas_current(caller, cas):
    _, _, seen = behind(caller, cas)
    return seen and seen[0]


def swap(caller, cas, value):
    data, key, seen = handles.pop(cas.to_host(caller).rep)  # the guest has given it away
    if data.get(key) != seen:
        return snapshot(data, key)  # which means `cas-failed`
    write(data, key, value)


# wasi:keyvalue/batch


def get_many(caller, bucket, keys):
    data = behind(caller, bucket)
    return [(key, data[key][0]) if key in data else None for key in keys]


def set_many(caller, bucket, pairs):
    data = behind(caller, bucket)
    for key, value in pairs:
        write(data, key, value)


def delete_many(caller, bucket, keys):
    data = behind(caller, bucket)
    for key in keys:
        data.pop(key, None)


RESOURCES = {
    "wasi:keyvalue/store@0.2.0-draft2": ("bucket", BUCKET),
    "wasi:keyvalue/atomics@0.2.0-draft2": ("cas", CAS),
}
FUNCTIONS = {
    "wasi:keyvalue/store@0.2.0-draft2": {
        "open": open_bucket,
        "[method]bucket.get": get,
        "[method]bucket.set": put,
        "[method]bucket.delete": delete,
        "[method]bucket.exists": exists,
        "[method]bucket.list-keys": list_keys,
    },
    "wasi:keyvalue/atomics@0.2.0-draft2": {
        "increment": increment,
        "[static]cas.new": cas_new,
        "[method]cas.current": cas_current,
        "swap": swap,
    },
    "wasi:keyvalue/batch@0.2.0-draft2": {
        "get-many": get_many,
        "set-many": set_many,
        "delete-many": delete_many,
    },
}
