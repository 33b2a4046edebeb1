"""A host for components on wasmtime's Python embedding, whose stores are dicts, and its adapter for the suite.

Each guest has a thread, and pipes for its standard streams, over which the suite speaks with it.
"""

import os
import threading
import time
from functools import cache
from importlib.metadata import version

from wasmtime import Engine, ExitTrap, Store, WasiConfig, WasmtimeError
from wasmtime.component import Component, Linker, Variant

import embedding
from adapter import Failure, serve
from deployment import Denied, Deployment
from keyvalue import Keyvalue

embedding.mend()
engine = Engine()
compiling = threading.Lock()


@cache
def compiled(path):
    return Component.from_file(engine, path)


def configuration(deployment):
    def allowed(function):
        def call(caller, *arguments):
            try:
                deployment.check("config", "default", "read")
                return function(*arguments)
            except Denied:
                return Variant("upstream", "there is no grant `config:default`")

        return call

    config = deployment.config
    return {"get": allowed(config.get), "get-all": allowed(lambda: list(config.items()))}


def linked(deployment):
    linker = Linker(engine)
    linker.add_wasip2()
    interfaces = [*Keyvalue(deployment).interfaces(), ("wasi:config/store@0.2.0-rc.1", configuration(deployment), None)]
    with linker.root() as root:
        for name, functions, resource in interfaces:
            with root.add_instance(name) as instance:
                if resource:
                    instance.add_resource(*resource)
                for function, python in functions.items():
                    instance.add_func(function, python)
    return linker


class Guest:
    def __init__(self, path, deployment):
        with compiling:  # each component once
            component = compiled(path)
        store, wasi = Store(engine), WasiConfig()
        stdin, lines = os.pipe()
        seen, stdout = os.pipe()
        wasi.stdin_file, wasi.stdout_file = f"/dev/fd/{stdin}", f"/dev/fd/{stdout}"
        wasi.inherit_stderr()
        store.set_wasi(wasi)
        os.close(stdin), os.close(stdout)  # the guest has opened them for itself
        self.stdin, self.stdout = os.fdopen(lines, "wb", buffering=0), os.fdopen(seen, "rb")
        self.end_of = ("guest-ended", "")
        self.thread = threading.Thread(target=self.run, args=(store, component, deployment), daemon=True)
        self.thread.start()

    def run(self, store, component, deployment):
        try:
            guest = linked(deployment).instantiate(store, component)
            command = guest.get_export_index(store, "wasi:cli/run@0.2.0")
            guest.get_func(store, guest.get_export_index(store, "run", command))(store)
        except ExitTrap as ended:
            self.end_of = ("guest-ended", f"exit code {ended.code}")
        except WasmtimeError as trap:
            self.end_of = ("trap", str(trap))
        except Exception as why:
            self.end_of = ("host-died", f"{type(why).__name__}: {why}")
        finally:
            store.close()

    def exec(self, line):
        try:
            self.stdin.write(line.encode() + b"\n")
            seen = self.stdout.readline()
        except (OSError, ValueError):  # it has ended, or was ended
            seen = b""
        if seen.endswith(b"\n"):
            return {"line": seen[:-1].decode()}
        self.thread.join()
        raise Failure(*self.end_of)

    def end(self):
        self.stdin.close()  # which it takes for the end of its input


deployments, guests = {}, {}


def hello(request):
    if request["protocol"] != 1:
        raise Failure("unsupported", "this adapter speaks version 1")
    controls = ["grant", "restart", "switch", "time"]
    return {"protocol": 1, "name": "toy-host", "version": f"on wasmtime {version('wasmtime')}", "controls": controls}


def deploy(request):
    deployments[request["deployment"]] = Deployment(request["links"], request["grants"], request["config"])


def start(request):
    deployment = deployments[request["deployment"]]
    guest = guests[request["guest"]] = Guest(request["component"], deployment)
    deployment.guests.append(guest)


def execute(request):
    return guests[request["guest"]].exec(request["line"])


def end(request):
    if request["guest"] in guests:
        guests.pop(request["guest"]).end()


def grant(request):
    deployments[request["deployment"]].grants = request["grants"]


def switch(request):
    deployment = deployments[request["deployment"]]
    if request["capability"] == "keyvalue":
        deployment.stores[request["label"]] = type(deployment.stores[request["label"]])()


def restart(request):
    deployment = deployments[request["deployment"]]
    for guest in deployment.guests:
        guest.end()
    deployment.empty()  # what is in memory is gone


def advance(request):
    time.sleep(request["ms"] / 1000)  # there is no clock but the machine's


def clean(request):
    if request["deployment"] in deployments:
        restart(request)
        del deployments[request["deployment"]]


serve({
    "hello": hello, "deploy": deploy, "start": start, "exec": execute, "end": end, "grant": grant, "switch": switch,
    "restart": restart, "advance": advance, "clean": clean,
})  # fmt: skip
