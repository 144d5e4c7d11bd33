"""ccxt signs for the exchanges."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest

from sealstamp.schemes import get_scheme
from tests.interop.gateway import Gateway, Guarded, Reply, new_secret


@dataclass(frozen=True)
class Exchange:
    """One of ccxt's exchanges, the API that guards its calls, and calls that read and write."""

    name: str
    api: Guarded
    calls: tuple[tuple[str, dict[str, Any]], ...]

    def client(self, gateway: Gateway, secret: str) -> Any:
        client = getattr(ccxt, self.name)({"apiKey": self.api.access_key_id, "secret": secret, "password": PASSPHRASE})
        client.urls["api"] = _pointed_at(client.urls["api"], client.hostname or "", gateway.authority(self.api))
        client.hostname = gateway.authority(self.api)
        client.urls["hostnames"] = dict.fromkeys(client.urls.get("hostnames", {}), client.hostname)
        client.enableRateLimit = False
        return client


def _pointed_at(urls: Any, hostname: str, authority: str) -> Any:
    """Every URL of the exchange with its host replaced."""
    if isinstance(urls, dict):
        return {key: _pointed_at(value, hostname, authority) for key, value in urls.items()}
    return urlsplit(urls)._replace(scheme="http", netloc=authority).geturl()


PASSPHRASE = "phrase 1"


def guarded(scheme: str, host: str, **parameters: str) -> Guarded:
    key_more = f"extras = {{ passphrase = {json.dumps(PASSPHRASE)} }}" if get_scheme(scheme).extras else ""
    return Guarded(scheme, host, f"key-of-{host}", new_secret(32), parameters, key_more)


ORDER = {"symbol": "BTCUSDT", "side": "BUY", "quantity": "0.25", "note": "a b+ü"}
EXCHANGES = [
    Exchange(
        "binance",
        guarded("binance", "api.binance.com"),
        (
            ("privateGetAccount", {}),
            ("privateGetOrder", {"symbol": "BTCUSDT", "note": "a b"}),
            ("privatePostOrder", ORDER),
            ("privateDeleteOrder", {"symbol": "BTCUSDT"}),
        ),
    ),
    Exchange(
        "okx",
        guarded("okx-v5", "www.okx.com"),
        (("privateGetAccountBalance", {"ccy": "BTC,ETH"}), ("privatePostTradeOrder", ORDER)),
    ),
    Exchange(
        "bybit",
        guarded("bybit-v5", "api.bybit.com"),
        (("privateGetV5AccountWalletBalance", {"accountType": "UNIFIED"}), ("privatePostV5OrderCreate", ORDER)),
    ),
    Exchange(
        "kucoin",
        guarded("kucoin-v2", "api.kucoin.com"),
        (("privateGetAccounts", {"currency": "BTC", "type": "a b"}), ("privatePostOrders", ORDER)),
    ),
    Exchange(
        "gate",
        guarded("gate-v4", "api.gateio.ws"),
        (("privateSpotGetAccounts", {"currency": "BTC"}), ("privateSpotPostOrders", ORDER)),
    ),
    Exchange(
        "mexc",
        guarded("mexc", "api.mexc.com"),
        (("spotPrivateGetAccount", {}), ("spotPrivatePostOrder", {"symbol": "BTCUSDT", "side": "BUY"})),
    ),
    Exchange(
        "bitget",
        guarded("bitget-v2", "api.bitget.com"),
        (
            ("privateSpotGetV2SpotAccountAssets", {"coin": "BTC", "a": "1"}),
            ("privateSpotPostV2SpotTradePlaceOrder", ORDER),
        ),
    ),
    Exchange(
        "htx",
        guarded("htx", "api.huobi.pro"),
        (("spotPrivateGetV1AccountAccounts", {}), ("spotPrivatePostV1OrderOrdersPlace", ORDER)),
    ),
    Exchange(
        "coinex",
        guarded("coinex-v2", "api.coinex.com", made_by="sha256"),
        (("v2PrivateGetAssetsSpotBalance", {"page": 2}), ("v2PrivatePostSpotOrder", ORDER)),
    ),
    Exchange(
        "coinbaseexchange",
        guarded("coinbase-exchange", "api.exchange.coinbase.com"),
        (("privateGetAccounts", {}), ("privatePostOrders", ORDER)),
    ),
    Exchange(
        "gemini",
        replace(guarded("gemini", "api.gemini.com"), access_key_id="account-of-acme"),  # it takes no other keys
        (("privatePostV1Orders", {}), ("privatePostV1OrderNew", ORDER)),
    ),
    Exchange(
        "kraken",
        guarded("kraken", "api.kraken.com"),
        (("privatePostBalance", {}), ("privatePostAddOrder", {"pair": "XBTUSD", "volume": "1.25", "note": "a b+ü"})),
    ),
    Exchange(
        "bitmex",
        guarded("bitmex", "www.bitmex.com"),
        (("privateGetOrder", {"symbol": "XBTUSD", "filter": '{"open": true}'}), ("privatePostOrder", ORDER)),
    ),
    Exchange(
        "bitfinex",
        guarded("bitfinex-v2", "api.bitfinex.com"),
        (("privatePostAuthRWallets", {}), ("privatePostAuthWOrderSubmit", ORDER)),
    ),
]
SUCCESS = {
    "binance": {},
    "bitfinex": [],
    "okx": {"code": "0", "data": []},
    "bybit": {"retCode": 0},
    "kucoin": {"code": "200000"},
    "mexc": {"code": 200},
    "bitget": {"code": "00000"},
    "htx": {"status": "ok"},
    "coinex": {"code": 0, "data": {}, "message": "OK"},
}
"""What each exchange answers where all is well."""
GUARDED = [exchange.api for exchange in EXCHANGES]


@pytest.mark.parametrize(
    ("exchange", "method", "params"),
    [
        pytest.param(exchange, method, params, id=f"{exchange.api.host}-{method}")
        for exchange in EXCHANGES
        for method, params in exchange.calls
    ],
)
def test_a_private_call(gateway: Gateway, exchange: Exchange, method: str, params: dict[str, Any]) -> None:
    def call(secret: str) -> None:
        getattr(exchange.client(gateway, secret), method)(params)

    gateway.prove(exchange.api, call, Reply(json.dumps(SUCCESS.get(exchange.name, {})).encode()))
