"""Verifying inside other people's web frameworks: in the application's own process, with no network between.

::

    base.py       ``BaseGuard``: what all frameworks ask
    deciding.py   what every guard does with a request
    refusing.py   refusals of what cannot be verified here
    guard.py      ``Guard``: decides with keys that the application gives
    keys.py       these keys, as a mapping or a look-up
    memory.py     what one process has accepted
    records.py    what is told of decisions, through the standard library's logging
    told.py       ``ToldBodies``: bodies of which a door has told what they must be
    store.py      ``open_guard``: decides with Sealstamp's own store, as the service does
    looking.py    whether that can be opened
    home.py       the event loop in which it works
    threads.py    asking a door that is in another thread's loop
    gated.py      such a loop, whose work other threads may begin
    asgi.py       middleware for Starlette, FastAPI, Litestar, Quart
    asgi_bodies.py, wsgi_bodies.py   middleware that compares such bodies
    fastapi.py    a ``Security`` dependency
    wsgi.py       middleware for Falcon and others
    flask.py      an extension
    django.py     middleware
    drf.py        authentication, permissions and throttling for Django REST framework

Each framework's file is a thin driver of whichever guard it is given, and needs that framework and ``msgspec`` alone;
a guard with a store needs what the service does.
"""

from sealstamp.guarding.guard import Guard
from sealstamp.guarding.keys import Key
from sealstamp.guarding.told import ToldBodies

__all__ = ["Guard", "Key", "ToldBodies"]
