"""A server on the loopback that writes down exactly what came."""

from __future__ import annotations

import socket
import threading
from types import TracebackType

ANSWER = b"HTTP/1.1 %d Told\r\nContent-Type: text/plain\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello"
PATIENCE = 120


class Recorder:
    """Answers every request with ``status`` and keeps the bytes of the last one; a new connection for each."""

    def __init__(self) -> None:
        self.status = 200
        self.raw = b""
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.origin = f"http://{self.authority}"
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Recorder:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    @property
    def request_line(self) -> bytes:
        return self.raw.partition(b"\r\n")[0]

    @property
    def lines(self) -> list[bytes]:
        """The header lines, in order."""
        return self.raw.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]

    @property
    def names(self) -> set[bytes]:
        return {line.partition(b":")[0].lower() for line in self.lines}

    @property
    def body(self) -> bytes:
        return self.raw.partition(b"\r\n\r\n")[2]

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            with connection:
                self.raw = _read(connection)
                connection.sendall(ANSWER % self.status)


def _read(connection: socket.socket) -> bytes:
    raw = b""
    while b"\r\n\r\n" not in raw:
        raw += connection.recv(65_536)
    head, _, body = raw.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    if b"expect: 100-continue" in head.lower():
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while lengths and len(body) < int(lengths[0].partition(b":")[2]):
        piece = connection.recv(65_536)
        body, raw = body + piece, raw + piece
    return raw
