"""An example of every filter, and what it gives; worked out when the documentation is built."""

from __future__ import annotations

from sealstamp.core.example import example_of
from sealstamp.core.loader import load_scheme

EXAMPLES = {
    "md5": "{'hello'|md5|hex}",
    "sha1": "{'hello'|sha1|hex}",
    "sha256": "{'hello'|sha256|hex}",
    "sha384": "{'hello'|sha384|hex}",
    "sha512": "{'hello'|sha512|base64}",
    "sm3": "{'hello'|sm3|hex}",
    "hmac": "{'hello'|hmac:sha256,'key'|hex}",
    "hex": "{'hello'|md5|hex}",
    "base64": "{'hello?'|base64}",
    "base64url": "{'hello?'|base64url}",
    "upper": "{'Hello'|upper}",
    "lower": "{'Hello'|lower}",
    "percent_encode": "{'/a b'|percent_encode:'/'}",
    "percent_decode": "{'a%20b'|percent_decode}",
    "unbase64": "{'aGVsbG8/'|unbase64|hex}",
    "unbase64url": "{'aGVsbG8_'|unbase64url|hex}",
    "slice": "{'hello'|slice:0,4}",
    "or": "{header.X-None|or:'other'}",
    "after_if_any": "{'a=1'|after_if_any:'?'}",
    "without_prefix": "{'/v1/orders'|without_prefix:'/v1'}",
    "date": "{timestamp|date:'%Y%m%d'}",
    "normalise_path": "{'/a/./b//../c'|normalise_path}",
    "end_slash": "{'/a'|end_slash}",
    "bucket_slash": "{'/photos'|bucket_slash}",
    "lower_names": "{query_fields|add:'Limit','Ten'|lower_names|join:'=','&'}",
    "lower_values": "{query_fields|add:'Limit','Ten'|lower_values|join:'=','&'}",
    "title_names": "{headers|match:'content-*'|title_names|join:': ',' '}",
    "trim": "{query_fields|add:'a',' b '|trim|join:'=','&'}",
    "squeeze": "{query_fields|add:'a',' b  c '|squeeze|join:'=','&'}",
    "nonempty": "{query_fields|add:'a',''|nonempty|join:'=','&'}",
    "dedupe": "{query_fields|add:'dry','1'|dedupe|join:'=','&'}",
    "merge": "{query_fields|add:'dry','2'|merge:','|join:'=','&'}",
    "only": "{query_fields|only:'to;dry',';'|join:'=','&'}",
    "listed": "{query_fields|listed:'To;dry',';'|join:'=','&'}",
    "match": "{query_fields|match:'d*'|join:'=','&'}",
    "drop": "{query_fields|drop:'d*'|join:'=','&'}",
    "escape_each": "{query_fields|escape_each:'d','i'|join:'=','&'}",
    "json_lists": "{query_fields|add:'ids[]','1'|add:'ids[]','2'|json_lists|join:'=','&'}",
    "encode_each": "{query_fields|encode_each|join:'=','&'}",
    "sort": "{query_fields|add:'a','b'|sort|join:'=','&'}",
    "sort_names": "{query_fields|add:'dry','0'|sort_names|join:'=','&'}",
    "sort_written": "{query_fields|add:'dry-1','b'|sort_written:'='|join:'=','&'}",
    "add": "{query_fields|add:'a','b'|join:'=','&'}",
    "plus": "{query_fields|plus:query_fields|join:'=','&'}",
    "join": "{query_fields|join:'=','&'}",
    "join_bare": "{query_fields|add:'acl',''|join_bare:'=','&'}",
    "media_type": "{'Text/HTML; charset=utf-8'|media_type}",
    "names": "{query_fields|names:';'}",
    "values": "{query_fields|values:';'}",
}
"""By filter; the query is ``dry=1&to=alice%20b``. What ``sign`` gives depends on a private key."""

_SCHEME = """
title = "Example"
vendor = "Nobody"
url = "https://example.com"
[fields]
timestamp = "header X-Time"
signature = "header X-Signature"
[time]
format = "unix-s"
past = "5 min"
future = "5 min"
[sign]
example = {example}
string_to_sign = "{{timestamp}}"
signature = "{{string_to_sign|hmac:sha256,secret|hex}}"
"""


def result_of(template: str) -> str:
    """Return what a template gives for the example request."""
    scheme = load_scheme(_SCHEME.format(example=f'"{template}"'), name="example", path="example.toml")
    return next(stage.text for stage in example_of(scheme).stages if stage.name == "example")
