"""The suite's side of a host in Python: one JSON object a line, as `docs/adapter-protocol.md` has it."""

import json
import sys
import threading

writing = threading.Lock()


class Failure(Exception):
    """An answer other than `ok`."""

    def __init__(self, kind, message):
        super().__init__(message)
        self.kind = kind


def answer(calls, request):
    try:
        if request["call"] not in calls:
            raise Failure("unsupported", f"no request `{request['call']}` is known here")
        said = {"ok": calls[request["call"]](request) or {}}
    except Failure as failure:
        said = {"error": {"kind": failure.kind, "message": str(failure)}}
    except Exception as why:  # whatever it is, the request has an answer
        said = {"error": {"kind": "setup", "message": f"{type(why).__name__}: {why}"}}
    with writing:
        print(json.dumps({"id": request["id"], **said}), flush=True)


def serve(calls):
    """Answers requests, each in a thread of its own, until `bye` or the end of input."""
    sys.stdin.reconfigure(encoding="utf-8", newline="\n")
    for line in sys.stdin:
        try:
            if not line.endswith("\n"):
                raise ValueError("half a line")
            request = json.loads(line)
            request["id"], request["call"]
        except (ValueError, KeyError, TypeError):
            print(f"this is no request: {line[:200]!r}", file=sys.stderr, flush=True)
            continue
        if request["call"] == "bye":
            return answer({"bye": lambda _: None}, request)
        threading.Thread(target=answer, args=(calls, request), daemon=True).start()
