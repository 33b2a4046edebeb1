"""What one case of the suite finds: stores by label, who may use them, and configuration."""

import re
from itertools import count

numbers = count(1)  # of versions and stores: none ever comes back


MAX_KEY, MAX_VALUE = 1024, 1 << 20  # in bytes; toy-host.toml says so too


class Denied(Exception):
    """There is no grant for that."""


class TooLarge(Exception):
    """Something is over its limit."""


def check_sizes(keys, values=()):
    if any(len(key.encode()) > MAX_KEY for key in keys):
        raise TooLarge(f"a key has at most {MAX_KEY} bytes")
    if any(len(value) > MAX_VALUE for value in values):
        raise TooLarge(f"a value has at most {MAX_VALUE} bytes")


class Store(dict):
    """Values with versions, by key."""

    def __init__(self):
        super().__init__()
        self.number = next(numbers)

    def write(self, key, value):
        version = str(next(numbers))
        self[key] = (value, version)
        return version

    def page(self, prefix, cursor, limit):
        """Some keys and the next cursor, which names the store and the last key; none if it never gave out the cursor."""
        last = None
        if cursor is not None:
            number, _, last = cursor.partition(" ")
            if number != str(self.number):
                return None
        keys = sorted(key for key in list(self) if key.startswith(prefix) and (last is None or key > last))
        return keys[:limit], f"{self.number} {keys[limit - 1]}" if len(keys) > limit else None


class Deployment:
    def __init__(self, links, grants, config):
        self.labels = [link["label"] for link in links if link["capability"] == "keyvalue"]
        self.grants = grants
        self.config = config
        self.guests = []
        self.empty()

    def empty(self):
        self.stores = {label: Store() for label in self.labels}

    def allows(self, capability, label, access=None):
        """Whether a rule such as `keyvalue:cache-*:read` lets guests read or write, or do any of the two."""
        for rule in self.grants:
            word, pattern, *only = rule.split(":")
            anything = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
            label_matches = re.fullmatch(anything, label, re.DOTALL)
            if word == capability and label_matches and (access is None or only in ([], [access])):
                return True
        return False

    def check(self, capability, label, access=None):
        if not self.allows(capability, label, access):
            raise Denied

    def store(self, label, access):
        """Looked up in each call, so that handles follow what the operator changes."""
        self.check("keyvalue", label, access)
        return self.stores[label]
