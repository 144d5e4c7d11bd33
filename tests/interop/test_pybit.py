"""pybit signs for Bybit, version 5."""

import pytest
from pybit.unified_trading import HTTP

from tests.interop.gateway import Gateway, Guarded, Reply, new_secret

BYBIT = Guarded("bybit-v5", "api-2.bybit.com", "bybit-of-pybit", new_secret(36))
GUARDED = [BYBIT]
REPLY = Reply(b'{"retCode": 0, "retMsg": "OK", "result": {}}')


@pytest.mark.parametrize("call", ["wallet", "order"])
def test_a_call(gateway: Gateway, call: str) -> None:
    def called(secret: str) -> None:
        session = HTTP(api_key=BYBIT.access_key_id, api_secret=secret, max_retries=1)
        session.endpoint = gateway.url(BYBIT)
        if call == "wallet":
            session.get_wallet_balance(accountType="UNIFIED", coin="BTC,ETH")
        else:
            session.place_order(category="spot", symbol="BTCUSDT", side="Buy", orderType="Market", qty="0.1")

    gateway.prove(BYBIT, called, REPLY)
