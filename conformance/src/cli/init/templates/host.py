"""Starts the suite's guests on my-host. Fill in what raises `todo`, from top to bottom; adapter.py does the rest.

Each function is a request of the suite, and has a thread of its own. What each owes, and which controls could be added:
https://github.com/wasi-cloud/wasi-cloud/blob/main/docs/adapter-protocol.md
"""

from adapter import Failure, serve


def todo(function):
    return Failure("unsupported", f"not implemented: fill in `{function}` in host.py")


def hello(request):
    # The version stands in reports. A host that does one thing after the other adds "at-once": 1.
    return {"protocol": 1, "name": "my-host", "version": "unknown"}


def deploy(request):
    # A case begins, and is called request["deployment"]. Each of request["links"] is a store, empty and of this deployment alone;
    # request["grants"] are what guests may use, and request["config"] is what wasi:config shows.
    raise todo("deploy")


def start(request):
    # Runs the component at the path request["component"], as request["guest"] of request["deployment"]. Keep its standard input and
    # output, as pipes.
    raise todo("start")


def execute(request):
    # Hands request["line"] to request["guest"] and returns {"line": ...}, the line that it prints, both as they are. For a guest that
    # trapped raise Failure("trap", why), for one that ended "guest-ended", and for a host that died "host-died".
    raise todo("execute")


def end(request):
    # Ends request["guest"]. One that is not there is no error.
    pass


def clean(request):
    # The case is over: ends the guests of request["deployment"] and deletes its data. One that is not there is no error.
    pass


serve({"hello": hello, "deploy": deploy, "start": start, "exec": execute, "end": end, "clean": clean})
