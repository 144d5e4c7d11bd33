"""The messages of ``envoy.service.auth.v3``, as far as they are read and written here.

They are described below and made at run time, in a pool of their own. The published packages bring hundreds of others,
under names such as ``google`` and ``envoy``, which other distributions have too. Names are of no account on the wire,
numbers are; and texts are declared as bytes, since headers need not be UTF-8.

Source: https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/auth/v3/external_auth.proto
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE: Final = "sealstamp.ext_authz"
_TYPES: Final = {
    "bytes": descriptor_pb2.FieldDescriptorProto.TYPE_BYTES,
    "int32": descriptor_pb2.FieldDescriptorProto.TYPE_INT32,
}
_OVERWRITE_OR_ADD: Final = 2

# Field, number, type; ``*`` for many.
_MESSAGES: Final[Mapping[str, tuple[tuple[str, int, str], ...]]] = MappingProxyType(
    {
        "HeaderValue": (("key", 1, "bytes"), ("value", 2, "bytes"), ("raw_value", 3, "bytes")),
        "HeaderMap": (("headers", 1, "*HeaderValue"),),
        "HttpRequest": (
            ("method", 2, "bytes"),
            ("path", 4, "bytes"),
            ("host", 5, "bytes"),
            ("scheme", 6, "bytes"),
            ("body", 11, "bytes"),
            ("raw_body", 12, "bytes"),
            ("header_map", 13, "HeaderMap"),
        ),
        "Request": (("http", 2, "HttpRequest"),),
        "AttributeContext": (("request", 4, "Request"),),
        "CheckRequest": (("attributes", 1, "AttributeContext"),),
        "Status": (("code", 1, "int32"),),
        "HttpStatus": (("code", 1, "int32"),),
        "HeaderValueOption": (("header", 1, "HeaderValue"), ("append_action", 3, "int32")),
        "DeniedHttpResponse": (("status", 1, "HttpStatus"), ("headers", 2, "*HeaderValueOption"), ("body", 3, "bytes")),
        "OkHttpResponse": (("headers", 2, "*HeaderValueOption"),),
        "CheckResponse": (
            ("status", 1, "Status"),
            ("denied_response", 2, "DeniedHttpResponse"),
            ("ok_response", 3, "OkHttpResponse"),
        ),
    }
)


def _made() -> Mapping[str, type[Any]]:
    file = descriptor_pb2.FileDescriptorProto(name="sealstamp/ext_authz.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field, number, kind in fields:
            _add_field(message, field, number, kind)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.{name}")) for name in _MESSAGES
    }


def _add_field(message: descriptor_pb2.DescriptorProto, name: str, number: int, kind: str) -> None:
    made = message.field.add(name=name, number=number)
    label = made.LABEL_REPEATED if kind.startswith("*") else made.LABEL_OPTIONAL
    made.label = label
    plain = kind.removeprefix("*")
    if plain in _TYPES:
        made.type = _TYPES[plain]
    else:
        made.type, made.type_name = made.TYPE_MESSAGE, f".{_PACKAGE}.{plain}"


_CLASSES: Final = _made()
CheckRequest: Final[Any] = _CLASSES["CheckRequest"]
CheckResponse: Final[Any] = _CLASSES["CheckResponse"]


def add_header(headers: Any, name: bytes, value: bytes) -> None:
    """Add a header that takes the place of one that is there."""
    headers.add(header={"key": name, "value": value}, append_action=_OVERWRITE_OR_ADD)
