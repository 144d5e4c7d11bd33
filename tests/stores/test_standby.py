"""A PostgreSQL server with a standby: what is revoked is asked of the primary alone, whichever that is."""

from __future__ import annotations

import pytest

from sealstamp.errors import StoreUnavailableError
from sealstamp.keys.domain import AccessKey, Consumer
from sealstamp.stores.sql import SqlStore, open_store
from tests.postgres import Postgres, following
from tests.stores.test_postgresql import stopped

KEY = AccessKey("k1", b"sealed", "acme", ("shop",))


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_a_standby_and_its_promotion(shop: SqlStore, url: str, postgres: Postgres) -> None:
    """Alone it is refused, for reading too. With both named, the primary is used, and after it its successor."""
    shop.add_access_key(KEY)
    name = url.rpartition("/")[2]
    with following(postgres) as standby:
        with pytest.raises(StoreUnavailableError, match="it is a standby, which cannot be written"):
            open_store(standby.url(name))
        store = open_store(f"postgresql://tester@127.0.0.1:{standby.port},127.0.0.1:{postgres.port}/{name}")
        store.put_consumer(Consumer("before"))
        assert shop.get_consumer("before") == Consumer("before")
        with stopped(postgres):
            with pytest.raises(StoreUnavailableError):
                store.find_held_key("k1")
            standby.promote()
            held = store.find_held_key("k1")
            assert held is not None
            assert held.key == KEY
            store.put_consumer(Consumer("after"))
            assert [one.name for one in store.list_consumers()] == ["acme", "after", "before"]
            store.close()
    assert [one.name for one in shop.list_consumers()] == ["acme", "before"]
