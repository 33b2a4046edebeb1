"""The command line of wasi-cloud with SQLite files, for an adapter.

`docs/adapter-protocol.md` says what the suite asks. Each request is a function below, and has a thread of its own, so that a guest that
takes its time keeps nobody waiting. What is special to this host is in `Deployment.command` and in the controls.
"""

import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

from adapter import Failure, serve

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "wasi-cloud"
# As `wasi-cloud run --help` has it: the guest's own, and those of its traps.
ENDED, TRAPPED = (0, 1), (124, 134, 137)


class Deployment:
    """What one case finds: a file for each label, and guests that know of nothing else."""

    def __init__(self, request):
        self.folder = tempfile.mkdtemp(prefix=request["deployment"] + "-")
        self.labels = [link["label"] for link in request["links"] if link["capability"] == "keyvalue"]
        self.grants = request["grants"]
        self.config = request["config"]
        self.guests = []

    def file(self, label):
        return f"{self.folder}/{label}.db"

    def command(self, component):
        command = [PROGRAM, "run", component]
        command += [f"--link=keyvalue:{label}=sqlite://{self.file(label)}#{label}" for label in self.labels]
        command += [f"--grant={grant}" for grant in self.grants]
        return command + [f"--config={name}={value}" for name, value in self.config.items()]

    def end(self):
        for guest in self.guests:
            guest.end()
        self.guests = []


class Guest:
    """A process of the host."""

    def __init__(self, command):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe)
        self.words = []
        self.listener = threading.Thread(target=self.listen, daemon=True)
        self.listener.start()

    def listen(self):
        self.words += [line.decode(errors="replace").strip() for line in self.process.stderr]

    def exec(self, line):
        try:
            self.process.stdin.write(line.encode() + b"\n")
            self.process.stdin.flush()
            seen = self.process.stdout.readline()
        except OSError:
            seen = b""
        if seen.endswith(b"\n"):
            return seen[:-1].decode()
        code = self.process.wait()
        self.listener.join()
        kind = "trap" if code in TRAPPED else "guest-ended" if code in ENDED else "host-died"
        raise Failure(kind, f"exit code {code}: {' | '.join(self.words[-4:])}")

    def end(self):
        self.process.kill()
        self.process.wait()


deployments, guests = {}, {}


def hello(request):
    if request["protocol"] != 1:
        raise Failure("unsupported", "this adapter speaks version 1")
    version = subprocess.run([PROGRAM, "--version"], capture_output=True, encoding="utf-8", check=True).stdout.strip()
    controls = ["foreign", "restart", "time"]
    return {"protocol": 1, "name": "wasi-cloud run", "version": version, "controls": controls, "notes": ["on SQLite"]}


def deploy(request):
    deployments[request["deployment"]] = Deployment(request)


def start(request):
    deployment = deployments[request["deployment"]]
    guest = Guest(deployment.command(request["component"]))
    deployment.guests.append(guest)
    guests[request["guest"]] = guest


def execute(request):
    return {"line": guests[request["guest"]].exec(request["line"])}


def end(request):
    guest = guests.pop(request["guest"], None)
    if guest:
        guest.end()


def restart(request):
    # The host lives as long as its guest. What is in the files stays.
    deployments[request["deployment"]].end()


def advance(request):
    # This host has no clock but the machine's.
    time.sleep(request["ms"] / 1000)


def foreign(request):
    deployment, label = deployments[request["deployment"]], request["label"]
    key, value = bytes(request["key"]), request["value"]
    database = sqlite3.connect(deployment.file(label), timeout=5)
    with database:
        if value is None:
            database.execute("delete from keyvalue where bucket = ? and key = cast(? as text)", (label, key))
        else:
            database.execute(
                "insert into keyvalue (bucket, key, value) values (?, cast(? as text), ?)"
                " on conflict (bucket, key) do update set value = excluded.value",
                (label, key, bytes(value)),
            )
    database.close()


def clean(request):
    deployment = deployments.pop(request["deployment"], None)
    if deployment:
        deployment.end()
        shutil.rmtree(deployment.folder)


serve({
    "hello": hello, "deploy": deploy, "start": start, "exec": execute, "end": end, "restart": restart, "advance": advance,
    "foreign": foreign, "clean": clean,
})  # fmt: skip
for deployment in list(deployments):
    clean({"deployment": deployment})
