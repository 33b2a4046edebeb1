"""`wasi:keyvalue` and `wasi-cloud:keyvalue`: a method for each function of theirs.

Each gets the caller first, which handles are looked up with, and returns the `ok` or the `err` of its result. The embedding
tells which one is meant by the type of the value; where both are of one type it wants a `Variant` that says so.
"""

from functools import wraps
from itertools import count

from wasmtime.component import Record, ResourceHost, ResourceType, Variant

from deployment import Denied, TooLarge, check_sizes

PAGE = 100  # keys in a page of the standard's
MOST = 1000  # and in one of ours, however many the guest wants
HANDLES = 1000  # that a guest has at once
BUCKET, CAS = 1, 2  # the embedding knows types of handles by numbers


def record(**fields):
    made = Record()
    made.__dict__.update(fields)
    return made


def other(text):
    return Variant("other", text)


def standard(function):
    @wraps(function)
    def call(*arguments):
        try:
            return function(*arguments)
        except Denied:
            return Variant("access-denied")
        except TooLarge as why:
            return other(str(why))

    return call


def extended(function):
    @wraps(function)
    def call(*arguments):
        try:
            return function(*arguments)
        except Denied:
            return refused("access-denied", "there is no grant for that")
        except TooLarge as why:
            return refused("quota", str(why))

    return call


def told(function):
    """Where both are records, and the one that refuses has a kind."""

    @wraps(function)
    def call(*arguments):
        found = extended(function)(*arguments)
        return Variant("err" if hasattr(found, "kind") else "ok", found)

    return call


def refused(kind, message):
    return record(kind=kind, applied="no", message=message)


def counter(text):
    try:
        number = int(text)
    except ValueError:
        return None
    # Python reads `+1` and ` 1` as well.
    return number if in_range(number) and str(number).encode() == text else None


def in_range(number):
    return -(2**63) <= number < 2**63


class Keyvalue:
    """What one guest has of it: handles, on the stores of its deployment."""

    def __init__(self, deployment):
        self.deployment = deployment
        self.handles = {}
        self.numbers = count(1)

    def handle(self, kind, what):
        if len(self.handles) >= HANDLES:
            raise TooLarge(f"a guest has at most {HANDLES} handles")
        number = next(self.numbers)
        self.handles[number] = what
        return ResourceHost.own(number, kind)

    def behind(self, caller, resource):
        """To be called once for each handle that a call has: it ends the borrow, which the embedding insists on."""
        return self.handles[resource.to_host(caller).rep]

    def drop(self, caller, number):
        self.handles.pop(number, None)

    def store(self, caller, bucket, access, keys=(), values=()):
        label = self.behind(caller, bucket)
        check_sizes(keys, values)
        return self.deployment.store(label, access)

    # wasi:keyvalue/store

    @standard
    def open(self, caller, label):
        self.deployment.check("keyvalue", label)
        return self.handle(BUCKET, label) if label in self.deployment.stores else Variant("no-such-store")

    @standard
    def get(self, caller, bucket, key):
        value, _ = self.store(caller, bucket, "read", [key]).get(key, (None, None))
        return value

    @standard
    def set(self, caller, bucket, key, value):
        self.store(caller, bucket, "write", [key], [value]).write(key, value)

    @standard
    def delete(self, caller, bucket, key):
        self.store(caller, bucket, "write", [key]).pop(key, None)

    @standard
    def exists(self, caller, bucket, key):
        return key in self.store(caller, bucket, "read", [key])

    @standard
    def list_keys(self, caller, bucket, cursor):
        found = self.store(caller, bucket, "read").page("", cursor, PAGE)
        return record(keys=found[0], cursor=found[1]) if found else other("no page had this cursor")

    # wasi:keyvalue/atomics

    @standard
    def increment(self, caller, bucket, key, delta):
        data = self.store(caller, bucket, "write", [key])
        number = counter(data.get(key, (b"0", None))[0])
        if number is None:
            return other("the value is no counter")
        if not in_range(number + delta):
            return other("the sum is past the range of 64 bits")
        data.write(key, str(number + delta).encode())
        return number + delta

    def snapshot(self, label, key):
        check_sizes([key])
        data = self.deployment.store(label, "read")
        return self.handle(CAS, (label, data, key, data.get(key)))

    @standard
    def cas_new(self, caller, bucket, key):
        return self.snapshot(self.behind(caller, bucket), key)

    @standard
    def cas_current(self, caller, cas):
        _, _, _, seen = self.behind(caller, cas)
        return seen and seen[0]

    @standard
    def swap(self, caller, cas, value):
        label, store, key, seen = self.handles.pop(cas.to_host(caller).rep)  # the guest has given it away
        check_sizes([], [value])
        data = self.deployment.store(label, "write")
        if data is not store or data.get(key) != seen:
            return self.snapshot(label, key)  # which means `cas-failed`
        data.write(key, value)

    # wasi:keyvalue/batch

    @standard
    def get_many(self, caller, bucket, keys):
        data = self.store(caller, bucket, "read", keys)
        return [(key, data[key][0]) if key in data else None for key in keys]

    @standard
    def set_many(self, caller, bucket, pairs):
        data = self.store(caller, bucket, "write", *zip(*pairs))
        for key, value in pairs:
            data.write(key, value)

    @standard
    def delete_many(self, caller, bucket, keys):
        data = self.store(caller, bucket, "write", keys)
        for key in keys:
            data.pop(key, None)

    # wasi-cloud:keyvalue/extension

    def unmet(self, data, key, condition):
        """Why the condition does not hold; none if it does."""
        _, version = data.get(key, (None, None))
        holds = {"always": True, "absent": version is None, "version": version == condition.payload}
        return None if holds[condition.tag] else refused("conflict", "the condition does not hold")

    @told
    def entry(self, caller, bucket, key):
        found = self.store(caller, bucket, "read", [key]).get(key)
        return record(value=found[0], version=found[1]) if found else None

    @extended
    def put(self, caller, bucket, key, value, options):
        data, lifetime = self.store(caller, bucket, "write", [key], [value]), getattr(options, "ttl-ms")
        if lifetime == 0:
            return refused("invalid", "no lifetime at all")
        if lifetime is not None:
            return refused("unsupported", "there are no lifetimes")
        return self.unmet(data, key, options.condition) or data.write(key, value)

    @extended
    def remove(self, caller, bucket, key, condition):
        data = self.store(caller, bucket, "write", [key])
        if condition.tag == "absent":
            return refused("invalid", "what is absent cannot be deleted")
        return self.unmet(data, key, condition) or data.pop(key, None) is not None

    @told
    def list_prefix(self, caller, bucket, prefix, cursor, limit):
        data = self.store(caller, bucket, "read")
        if limit == 0:
            return refused("invalid", "a page of no keys")
        if cursor is not None and not cursor.startswith(f"{data.number} "):
            stale = cursor.partition(" ")[0].isdecimal() and " " in cursor
            kind = "conflict" if stale else "invalid"
            return refused(kind, "no page of this store had this cursor")
        keys, following = data.page(prefix, cursor, min(limit, MOST))
        return record(keys=keys, cursor=following)

    def interfaces(self):
        """By name: functions and resources."""
        store, atomics, batch = (f"wasi:keyvalue/{name}@0.2.0-draft2" for name in ("store", "atomics", "batch"))
        functions = {
            store: {
                "open": self.open,
                "[method]bucket.get": self.get,
                "[method]bucket.set": self.set,
                "[method]bucket.delete": self.delete,
                "[method]bucket.exists": self.exists,
                "[method]bucket.list-keys": self.list_keys,
            },
            atomics: {
                "increment": self.increment,
                "[static]cas.new": self.cas_new,
                "[method]cas.current": self.cas_current,
                "swap": self.swap,
            },
            batch: {"get-many": self.get_many, "set-many": self.set_many, "delete-many": self.delete_many},
            "wasi-cloud:keyvalue/extension@0.1.0": {
                "get": self.entry,
                "put": self.put,
                "delete": self.remove,
                "list-keys": self.list_prefix,
            },
        }
        resources = {store: ("bucket", BUCKET), atomics: ("cas", CAS)}
        for name, members in functions.items():
            resource, kind = resources.get(name, (None, None))
            yield name, members, resource and (resource, ResourceType.host(kind), self.drop)
