"""Builds a worker's application from the settings, and gives it back to the system when the worker ends."""

from __future__ import annotations

import multiprocessing
import os
import threading
from contextlib import ExitStack, aclosing
from functools import partial
from multiprocessing.process import BaseProcess
from typing import Final

from sealstamp.errors import ConfigurationError
from sealstamp.keys.sealing import Sealer
from sealstamp.server.asgi import Application
from sealstamp.server.asserting import open_asserter
from sealstamp.server.background import background
from sealstamp.server.clock import now_ms
from sealstamp.server.clock_watch import ClockWatch
from sealstamp.server.controls import Controls
from sealstamp.server.decisions import Decisions
from sealstamp.server.doorway import Doorway, open_doorway
from sealstamp.server.gateway import Gateway
from sealstamp.server.life import Companion, life_of
from sealstamp.server.listener.listening import listening
from sealstamp.server.listener.sockets import open_socket
from sealstamp.server.logs import Log, make_log
from sealstamp.server.mailing.messages import parse_mailbox
from sealstamp.server.mailing.sending import Mailer
from sealstamp.server.management_gate import ManagementGate
from sealstamp.server.opening import open_post
from sealstamp.server.private_memory import keep_memory_private
from sealstamp.server.reception import Reception
from sealstamp.server.service import Service
from sealstamp.server.settings import Settings, load_settings
from sealstamp.server.sharing import Member
from sealstamp.server.trust import Trust
from sealstamp.stores.sql import SqlStore

MAIL_INTERVAL_MS: Final = 2_000


def create_app() -> Application:
    """Return the application for the settings that SEALSTAMP_CONFIG and the variables name."""
    keep_memory_private()
    end_with_parent()
    return build_app(load_settings())


def end_with_parent() -> None:
    """End this worker when the process that supervises it is killed.

    An orphan would go on serving, unsupervised, and its lock would keep a new service from starting.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), name="end-with-parent", daemon=True).start()


def _end_after(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def build_app(settings: Settings) -> Application:
    """Open everything and return the application. Raises ConfigurationError, StoreUnavailableError."""
    resources = ExitStack()
    try:
        return _assemble(settings, resources)
    except BaseException:
        resources.close()
        raise


def _assemble(settings: Settings, resources: ExitStack) -> Application:
    log = make_log(settings.log_level)
    asserter = open_asserter(settings.assertion_key_file, now_ms, settings.assertion_lifetime)
    doorway = open_doorway(settings, Member.of_service(settings), resources, log, asserter)
    directory, door, locator, trust = doorway.directory, doorway.door, doorway.locator, doorway.trust
    clock = ClockWatch(doorway.store, now_ms, settings.max_clock_distance)
    controls = Controls(doorway, clock)
    gateway, decisions = Gateway(settings, log), Decisions(directory, door, locator, controls, log)
    companions: list[Companion] = [
        aclosing(gateway),
        *doorway.companions,
        background(controls.keep_telling),
        background(clock.keep_measuring),
        *_listening(settings, decisions, trust, resources),
        *_answering_envoy(settings, Reception(directory, door, locator, stray_status=403), log, trust),
        *_mailing(settings, doorway.store, doorway.sealer, log),
    ]
    management, live = _management(settings, doorway, log), life_of(companions, resources)
    return Service(
        directory, door, gateway, controls, decisions, trust, locator, management, max_body=settings.max_body, live=live
    )


def _listening(settings: Settings, decisions: Decisions, trust: Trust, resources: ExitStack) -> list[Companion]:
    if not settings.decision_listen:
        return []
    opened = open_socket(settings.decision_listen, settings.workers, resources)
    return [listening([opened], decisions.answer_all, trusts=trust.trusts)]


def _answering_envoy(settings: Settings, reception: Reception, log: Log, trust: Trust) -> list[Companion]:
    if not settings.grpc_listen:
        return []
    try:
        from sealstamp.server.ext_authz.checking import Checker  # most services never need it
        from sealstamp.server.ext_authz.listening import answering
    except ModuleNotFoundError as error:
        hint = "pip install 'sealstamp[server,envoy]'"
        raise ConfigurationError("setting grpc_listen", f"{error.name} is not installed", hint) from None
    most_bytes = settings.max_body + 1_048_576  # of the rest of a question
    checker = Checker(reception, log)
    return [answering(settings.grpc_listen, settings.workers, checker, trust, most_bytes=most_bytes)]


def _mailing(settings: Settings, store: SqlStore, sealer: Sealer, log: Log) -> list[Companion]:
    post = open_post(settings)
    if post is None:
        return []
    return [background(partial(Mailer(post, store, sealer, log, now_ms).keep_sending, MAIL_INTERVAL_MS))]


def _management(settings: Settings, doorway: Doorway, log: Log) -> ManagementGate:
    def build() -> Application:
        from sealstamp.server.management.app import build_management  # most services never need it
        from sealstamp.server.management.services import Services

        told = None if settings.mail_operators is None else parse_mailbox(settings.mail_operators).addr_spec
        opened = doorway.store, doorway.sealer, doorway.directory, doorway.door, doorway.locator
        return build_management(Services(*opened, log, now_ms, settings.access_requests, told))

    return ManagementGate(settings.management_hosts, Trust(settings.management_addresses), build)
