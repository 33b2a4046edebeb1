"""A host for components on wasmtime's Python embedding, whose stores are dicts.

    toy_host.py compile COMPONENT COMPILED
    toy_host.py run COMPILED [NAME=VALUE ...]
    toy_host.py version
"""

import sys
from importlib.metadata import version

from wasmtime import Engine, ExitTrap, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker, ResourceType

import extension
import keyvalue

TRAPPED = 134  # how it exits then: toy-host.toml says so too


def configuration(pairs):
    return {
        "wasi:config/store@0.2.0-rc.1": {
            "get": lambda caller, key: pairs.get(key),
            "get-all": lambda caller: list(pairs.items()),
        }
    }


def linked(engine, pairs):
    linker = Linker(engine)
    linker.add_wasip2()
    with linker.root() as root:
        for name, functions in (keyvalue.FUNCTIONS | extension.FUNCTIONS | configuration(pairs)).items():
            with root.add_instance(name) as instance:
                if name in keyvalue.RESOURCES:
                    resource, kind = keyvalue.RESOURCES[name]
                    instance.add_resource(resource, ResourceType.host(kind), keyvalue.drop)
                for function, python in functions.items():
                    instance.add_func(function, python)
    return linker


def run(engine, compiled, pairs):
    """The guest's standard streams are this process's own, which is all that the suite asks of a host."""
    store = Store(engine)
    wasi = WasiConfig()
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    store.set_wasi(wasi)
    guest = linked(engine, pairs).instantiate(store, Component.deserialize_file(engine, compiled))
    command = guest.get_export_index(store, "wasi:cli/run@0.2.0")
    try:
        ended = guest.get_func(store, guest.get_export_index(store, "run", command))(store)
        sys.exit(ended.tag != "ok")
    except ExitTrap as ended:
        sys.exit(ended.code)
    except WasmtimeError as trap:
        print(trap, file=sys.stderr)
        sys.exit(TRAPPED)


def main(command, *arguments):
    engine = Engine()
    if command == "compile":
        component, compiled = arguments
        with open(compiled, "wb") as file:
            file.write(Component.from_file(engine, component).serialize())
    elif command == "run":
        compiled, *pairs = arguments
        run(engine, compiled, dict(pair.split("=", 1) for pair in pairs))
    else:
        print("toy-host on wasmtime", version("wasmtime"))


if __name__ == "__main__":
    main(*sys.argv[1:])
