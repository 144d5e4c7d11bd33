"""Locust: a locustfile, whose users sign every request."""

from __future__ import annotations

from sealstamp.core.scheme import Scheme
from sealstamp.guide.environment import variables_of


def write(scheme: Scheme) -> str:
    """Return the locustfile. Its pair comes from the environment."""
    return f"""\
from locust import HttpUser, task

from sealstamp.signing import OriginSigner
from sealstamp.signing.requests import SigningAdapter


class Customer(HttpUser):
    def on_start(self):
        # The pair comes from the environment: {", ".join(variables_of(scheme).values())}.
        signer = OriginSigner.find(server=self.host, scheme="{scheme.name}")
        self.client.mount(self.host, SigningAdapter(signer))

    @task
    def orders(self):
        self.client.get("/orders")
"""
