"""HMAC of an HMAC over method, id and time; id and time stand in one header, reversed: what no notation says."""

import hmac

from sealstamp.core.code import Description
from sealstamp.core.compiler import Compiled
from sealstamp.core.coverage import Covered
from sealstamp.core.reading import make_finder
from sealstamp.core.runtime import outside
from sealstamp.errors import MalformedCredentialsError


def describe(scheme):
    return Description(
        stages={"string_to_sign": "method, id and time", "signature": "the HMAC-SHA256 of the HMAC-SHA256 of it"},
        covered=frozenset({Covered.METHOD, Covered.TIME, Covered.ACCESS_KEY_ID}),
        digests=frozenset({"sha256"}),
        signed_with="HMAC-SHA256 twice",
        needs_body=False,
    )


def compile(scheme):
    find, window = make_finder(scheme), scheme.time

    def reread(request):
        signature, who = find(request)
        access_key_id, _, timestamp = who[::-1].partition(b"@")
        if not timestamp.isdigit() or len(timestamp) > 12:
            raise MalformedCredentialsError("no id and time")
        return access_key_id, int(timestamp) * 1000, b"", signature, access_key_id, timestamp

    def present(request, now_ms):
        presented = reread(request)
        if not -window.future_ms <= now_ms - presented[1] <= window.past_ms:
            outside(presented[1], now_ms)
        return presented

    return Compiled(present, lambda *key: bind(scheme, *key), lambda *key: bind_stages(scheme, *key), reread=reread)


def bind(scheme, access_key_id, secret):
    def matches(presented, request):
        wanted = digest(scheme, secret, text_of(access_key_id, presented[5], request))
        return hmac.compare_digest(wanted, presented[3])

    def sign(time_ms, nonce, given, request):
        timestamp = b"%d" % (time_ms // 1000)
        signature, who = (carrier.places[0] for carrier in scheme.carriers)
        value = digest(scheme, secret, text_of(access_key_id, timestamp, request))
        return [(who, (access_key_id + b"@" + timestamp)[::-1]), (signature, value)]

    return matches, sign


def bind_stages(scheme, access_key_id, secret):
    def stages(presented, request):
        text = text_of(access_key_id, presented[5], request)
        return text, digest(scheme, secret, text)

    return stages


def text_of(access_key_id, timestamp, request):
    return b"%b %b %b" % (request.method, access_key_id, timestamp)


def digest(scheme, secret, text):
    for _ in range(int(scheme.parameters["rounds"])):
        text = hmac.digest(secret, text, "sha256")
    return text.hex().encode()
