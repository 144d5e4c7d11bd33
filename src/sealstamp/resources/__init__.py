"""What the management API takes and gives: the types from which server, client and OpenAPI document are made."""

from sealstamp.resources.access_keys import (
    AccessKey,
    AccessKeyChange,
    AccessKeyPair,
    AccessKeyQuery,
    Expiry,
    ImportedAccessKey,
    LastUse,
    NewAccessKey,
    OwnPair,
    OwnRotation,
    RotatedAccessKey,
    Rotation,
)
from sealstamp.resources.apis import Api, ApiChange, GivenChoice, NewApi, SchemeChoice
from sealstamp.resources.audit import AuditEntry, AuditProof, AuditQuery, AuditVerdict
from sealstamp.resources.consumers import Consumer, ConsumerChange, ConsumerQuery, NewConsumer, RevokedKeys
from sealstamp.resources.operators import NewOperator, Operator, OperatorChange, OperatorPair
from sealstamp.resources.schemes import Lint, Scheme, SchemeHead, SchemeText, SchemeVersion
from sealstamp.resources.usage import UsageQuery, UsageSum
from sealstamp.resources.verify import Asked, AskedBatch, BodyDigests, Decision, Decisions

__all__ = [
    "AccessKey",
    "AccessKeyChange",
    "AccessKeyPair",
    "AccessKeyQuery",
    "Api",
    "ApiChange",
    "Asked",
    "AskedBatch",
    "AuditEntry",
    "AuditProof",
    "AuditQuery",
    "AuditVerdict",
    "BodyDigests",
    "Consumer",
    "ConsumerChange",
    "ConsumerQuery",
    "Decision",
    "Decisions",
    "Expiry",
    "GivenChoice",
    "ImportedAccessKey",
    "LastUse",
    "Lint",
    "NewAccessKey",
    "NewApi",
    "NewConsumer",
    "NewOperator",
    "Operator",
    "OperatorChange",
    "OperatorPair",
    "OwnPair",
    "OwnRotation",
    "RevokedKeys",
    "RotatedAccessKey",
    "Rotation",
    "Scheme",
    "SchemeChoice",
    "SchemeHead",
    "SchemeText",
    "SchemeVersion",
    "UsageQuery",
    "UsageSum",
]
