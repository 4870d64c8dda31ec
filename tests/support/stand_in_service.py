"""A service that does nothing but live: `api` answers /health, the others sleep. Run as a program with its name."""

import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer


class Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the supervisor is under test, not this."""


def main(name: str) -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(print(f"{name} takes its leave", flush=True)))
    print(f"{name} lives", flush=True)
    if name == "api":
        HTTPServer((os.environ["METARR_HOST"], int(os.environ["METARR_PORT"])), Health).serve_forever()
    while True:
        time.sleep(600)


if __name__ == "__main__":
    main(sys.argv[1].removeprefix("metarr_"))
