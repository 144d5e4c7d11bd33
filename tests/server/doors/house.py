"""The house with many doors: one API, which is asked about through each of them."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.server.doors.programs import PROGRAMS
from tests.server.doors.signed import KEYS, PAIR, SCHEMES, Message
from tests.server.service import Answer, Connection, Service
from tests.server.upstream import Arrived, Upstream

MANIFEST = """
[[consumers]]
name = "acme"

[[apis]]
name = "shop"
path_prefix = "/shop"
schemes = [{schemes}]
response_profile = "stardust"
upstream = "{upstream}"

[[apis]]
name = "open"
path_prefix = "/open"
schemes = ["stardust"]
enforcement = "off"
upstream = "{upstream}"

[[apis]]
name = "other"
host = "other.example"
path_prefix = "/shop"
schemes = ["stardust"]
upstream = "{upstream}"
"""
KEY = """
[[access_keys]]
id = "{pair.access_key_id}"
secret = "{pair.secret}"
consumer = "acme"
apis = ["shop", "other"]
"""


def manifest(upstream: str) -> str:
    schemes = ", ".join(f'"{name}"' for name in SCHEMES)
    keys = "".join(KEY.format(pair=pair) for pair in (PAIR, *KEYS.values()))
    return MANIFEST.format(schemes=schemes, upstream=upstream) + keys


@dataclass(frozen=True)
class Sent:
    """What a client got, and what the upstream did."""

    answer: Answer
    arrived: Arrived | None

    @property
    def passed(self) -> bool:
        return self.arrived is not None


class House:
    """Opens each door when it is first used."""

    def __init__(self, service: Service, upstream: Upstream, folder: Path, stack: ExitStack) -> None:
        self.service = service
        self.upstream = upstream
        self._folder = folder
        self._stack = stack
        self._ports: dict[str, int] = {"gateway": service.port}

    def port(self, door: str) -> int:
        if door not in self._ports:
            folder = self._folder / door
            folder.mkdir(exist_ok=True)
            self._ports[door] = self._stack.enter_context(PROGRAMS[door](self.service, "shop", folder))
        return self._ports[door]

    def send(self, door: str, message: Message | bytes) -> Sent:
        """Send a request through a door, on a connection of its own."""
        raw = message if isinstance(message, bytes) else message.raw()
        before = len(self.upstream.arrived)
        with Connection(self.port(door)) as connection:
            connection.send(raw)
            answer = connection.read_answer(head=raw.startswith(b"HEAD "))
        arrived = self.upstream.arrived[before:]
        assert len(arrived) < 2
        return Sent(answer, arrived[0] if arrived else None)
