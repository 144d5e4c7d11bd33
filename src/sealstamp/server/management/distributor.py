"""``/v1/distributor``: what a distributor may give to its customers, and what its sub keys were used for."""

from __future__ import annotations

from sealstamp.keys.documents import access_key_document, plan_document
from sealstamp.keys.quotas import Period, span_of
from sealstamp.keys.sub_keys import RESERVED
from sealstamp.resources.common import told
from sealstamp.resources.distribution import Distributor
from sealstamp.resources.usage import UsageQuery, UsageSums
from sealstamp.server.management.operations import DISTRIBUTOR, Call, Nothing, Operation, Reply
from sealstamp.server.management.usage import sum_usage


def _get(call: Call[Nothing, None]) -> Reply:
    store, key, consumer = call.services.store, call.by.key, call.by.consumer
    plans = [plan for name in call.by.plans if (plan := store.find_plan(name)) is not None]
    used = store.find_quota_used(f"consumer:{consumer.name}", span_of(Period.MONTH, call.now_ms))
    facts = {
        "name": consumer.name,
        "scopes": [one for one in key.scopes if not one.startswith(RESERVED)],
        "shared_quota_month": consumer.quota_month,
        "shared_quota_month_used": used,
        "max_sub_keys": consumer.max_sub_keys,
        "sub_keys": store.count_sub_keys(consumer.name, call.now_ms),
        "plans": [plan_document(plan) for plan in plans],
    }
    return Reply(told({**access_key_document(key), **facts}, Distributor))


def _sum_usage(call: Call[UsageQuery, None]) -> Reply:
    return sum_usage(call, issuer=call.by.name)


OPERATIONS = (
    Operation(
        *("get_distributor", "GET", "/v1/distributor", "Tell what you may give to your customers", DISTRIBUTOR, _get),
        gives=Distributor,
    ),
    Operation(
        *("sum_sub_key_usage", "GET", "/v1/distributor/usage", "Add up how many requests came with your sub keys"),
        *(DISTRIBUTOR, _sum_usage),
        query=UsageQuery,
        gives=UsageSums,
    ),
)
