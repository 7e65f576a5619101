"""An HTTP client that sends paths as they are, for tests of HTTP servers: `python -m tests.lab.http_client SERVER`.

Reads requests from standard input, a JSON list of `[method, path]`, sends them one after the other on connections that
stay open where the server lets them, and prints a JSON list of `[status, body in base64]`.
"""

from __future__ import annotations

import base64
import http.client
import json
import sys

from tests.lab.run import run

_TIMEOUT_SECONDS = 10.0


def ask(enter: list[str], server: str, requests: list[tuple[str, str]]) -> list[tuple[int, bytes]]:
    """Status and body of each request as seen from another network namespace; `enter` is the command that goes there.

    Raises LabError when nobody answers.
    """
    answers = json.loads(
        run([*enter, sys.executable, "-m", "tests.lab.http_client", server], stdin=json.dumps(requests))
    )
    return [(int(status), base64.b64decode(body)) for status, body in answers]


def _send(connection: http.client.HTTPConnection, method: str, path: str) -> tuple[int, str]:
    # Not request(), which refuses what a hostile client sends.
    connection.putrequest(method, path)
    connection.endheaders()
    answer = connection.getresponse()
    return answer.status, base64.b64encode(answer.read()).decode()


if __name__ == "__main__":
    try:
        link = http.client.HTTPConnection(sys.argv[1], 80, timeout=_TIMEOUT_SECONDS)
        print(json.dumps([_send(link, method, path) for method, path in json.load(sys.stdin)]))
    except OSError as error:
        sys.exit(f"{error}")
