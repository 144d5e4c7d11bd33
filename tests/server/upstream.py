"""An upstream that writes down exactly what came, and plays what a header asks for.

A request says in ``X-Play`` how it wants to be answered; without it, the answer is a small 200. ``http.server`` would
parse and fold header lines, so this one reads the socket itself.
"""

from __future__ import annotations

import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from types import TracebackType

HELLO = b'{"hello": "world"}'
PATIENCE = 120.0
"""Seconds after which a connection that nobody uses is given up."""
MEBIBYTE = 1 << 20


@dataclass
class Arrived:
    """One request, as the bytes came."""

    request_line: bytes
    lines: tuple[bytes, ...]
    body: bytes = b""
    """Empty when the play was ``sink``, which only counts and digests."""
    size: int = 0
    digest: str = ""
    whole: threading.Event = field(default_factory=threading.Event)
    first_piece: threading.Event = field(default_factory=threading.Event)

    @property
    def target(self) -> bytes:
        return self.request_line.split(b" ")[1]

    @property
    def method(self) -> bytes:
        return self.request_line.split(b" ")[0]

    def values(self, name: bytes) -> list[bytes]:
        """Every value of a field, whatever the case of its name."""
        found = [line.partition(b":") for line in self.lines]
        return [value.strip() for key, _, value in found if key.lower() == name.lower()]

    @property
    def names(self) -> set[bytes]:
        """The names of all fields, in lower case."""
        return {line.partition(b":")[0].lower() for line in self.lines}


class Upstream:
    """Listens on a free loopback port until its ``with`` block ends; speaks TLS while it has a ``context`` for it."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.arrived: list[Arrived] = []
        self.go_on = threading.Event()
        """What a ``trickle`` waits for between its two pieces."""
        self._connections: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._closing = False
        self._end = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def last(self) -> Arrived:
        return self.arrived[-1]

    def __enter__(self) -> Upstream:
        self._start(self._accept)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing = True
        self.go_on.set()
        self._end.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._listener.close()
        for connection in [*self._connections]:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _start(self, target: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._closing:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.settimeout(PATIENCE)
            self._connections.add(connection)
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        try:
            secured = self._secured(connection)
        except OSError:  # the client does not believe the certificate
            return
        # ValueError: the length of a chunk that never came
        with secured, secured.makefile("rb") as reader, suppress(OSError, ValueError):
            while self._one(secured, reader):
                pass
        self._connections.discard(secured)

    def _secured(self, connection: socket.socket) -> socket.socket:
        if self.context is None:
            return connection
        self._connections.discard(connection)
        secured = self.context.wrap_socket(connection, server_side=True)
        self._connections.add(secured)
        return secured

    def _one(self, connection: socket.socket, reader: BufferedReader) -> bool:
        request_line = reader.readline().rstrip(b"\r\n")
        if not request_line:
            return False
        lines = []
        while line := reader.readline().rstrip(b"\r\n"):
            lines.append(line)
        request = Arrived(request_line, tuple(lines))
        self.arrived.append(request)
        play = (request.values(b"x-play") or [b""])[0]
        if play == b"hasty":  # answers without reading the body
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
            return False
        _read_body(request, reader, keep=play != b"sink")
        return self._play(play.decode(), request, connection)

    def _play(self, play: str, request: Arrived, connection: socket.socket) -> bool:
        name, _, argument = play.partition(" ")
        acts: dict[str, Callable[[Arrived, socket.socket, str], bool]] = {
            "": _say_hello,
            "sink": _say_hello,
            "status": _say_status,
            "raw": _say_raw,
            "big": _say_much,
            "trickle": self._trickle,
            "silence": self._keep_silent,
            "break-length": _break_off_a_length,
            "break-chunked": _break_off_chunks,
            "break-head": _break_off_the_head,
            "reset": _reset,
        }
        return acts[name](request, connection, argument)

    def _trickle(self, _: Arrived, connection: socket.socket, __: str) -> bool:
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        self.go_on.wait(PATIENCE)
        connection.sendall(b"6\r\nsecond\r\n0\r\n\r\n")
        return True

    def _keep_silent(self, _: Arrived, __: socket.socket, ___: str) -> bool:
        self._end.wait(PATIENCE)
        return False


def _read_body(request: Arrived, reader: BufferedReader, *, keep: bool) -> None:
    digest, pieces = hashlib.sha256(), []
    for piece in _pieces(request, reader):
        request.first_piece.set()
        request.size += len(piece)
        digest.update(piece)
        if keep:
            pieces.append(piece)
    request.body = b"".join(pieces)
    request.digest = digest.hexdigest()
    request.whole.set()


def _pieces(request: Arrived, reader: BufferedReader) -> Iterator[bytes]:
    if request.values(b"transfer-encoding") == [b"chunked"]:
        while left := int(reader.readline() or b"gone", 16):
            yield from _exactly(left, reader)
            reader.readline()
        reader.readline()
    else:
        yield from _exactly(int((request.values(b"content-length") or [b"0"])[0]), reader)


def _exactly(left: int, reader: BufferedReader) -> Iterator[bytes]:
    while left:
        piece = reader.read1(min(left, MEBIBYTE))
        if not piece:
            raise ConnectionError("the body is not whole")
        left -= len(piece)
        yield piece


def _say_hello(request: Arrived, connection: socket.socket, _: str) -> bool:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(HELLO)
    connection.sendall(head if request.method == b"HEAD" else head + HELLO)
    return True


def _say_status(_: Arrived, connection: socket.socket, argument: str) -> bool:
    connection.sendall(f'HTTP/1.1 {argument} Told\r\nETag: "1"\r\n\r\n'.encode())
    return True


def _say_raw(_: Arrived, connection: socket.socket, argument: str) -> bool:
    """Send what the header says, written with the escapes of a Python literal; then close."""
    connection.sendall(argument.encode().decode("unicode_escape").encode("latin-1"))
    return False


def _say_much(_: Arrived, connection: socket.socket, argument: str) -> bool:
    size = int(argument)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
    block = bytes(range(256)) * 256
    for _ in range(size // len(block)):
        connection.sendall(block)
    return True


def _break_off_a_length(_: Arrived, connection: socket.socket, __: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this")
    return False


def _break_off_chunks(_: Arrived, connection: socket.socket, __: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nonly this\r\n")
    return False


def _break_off_the_head(_: Arrived, connection: socket.socket, __: str) -> bool:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Le")
    return False


def _reset(_: Arrived, connection: socket.socket, __: str) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False
