"""A small HTTP server for tests: with or without ranges, marks and manners."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Files(ThreadingHTTPServer):
    """Holds files by path; tests change its ways while it runs."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.files: dict[str, bytes] = {}
        self.etags: dict[str, str] = {}
        self.requests: list[tuple[str, str, str | None]] = []
        self.ranges = True
        self.says_size = True
        self.knows_head = True
        self.status = 0  # another answer than the file
        self.wait = 0.0
        self.cut = False  # hangs up in the middle
        self.on_get = lambda _path: None

    def url(self, path="/a.fcs", user=""):
        return f"http://{user}127.0.0.1:{self.server_address[1]}{path}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self._answer(with_body=False)

    def do_GET(self):
        self._answer(with_body=True)

    def _answer(self, *, with_body):
        server, path = self.server, self.path.partition("?")[0]
        wanted = self.headers.get("Range")
        server.requests.append((self.command, path, wanted))
        time.sleep(server.wait)
        if with_body:
            server.on_get(path)
        body = server.files.get(path)
        status = server.status or (404 if body is None else 200)
        if not with_body and not server.knows_head:
            status = 405
        if status != 200:
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        part = body
        if wanted and server.ranges:
            first, last = (int(number) for number in wanted.removeprefix("bytes=").split("-"))
            part, status = body[first : last + 1], 206
        self.send_response(status)
        if status == 206:
            self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(body)}")
        if path in server.etags:
            self.send_header("ETag", server.etags[path])
        if server.says_size:
            self.send_header("Content-Length", str(len(part)))
        else:
            self.send_header("Connection", "close")
        self.end_headers()
        if with_body:
            with suppress(ConnectionError):  # the reader may have enough
                self.wfile.write(part[: len(part) // 2] if server.cut else part)
        if server.cut or not server.says_size:
            self.close_connection = True


@contextmanager
def serving():
    """Lend a running server."""
    with Files() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
