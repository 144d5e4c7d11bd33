"""What can be wrong with a scheme: every rule of the lint, what breaking it costs, and what to do about it."""

from __future__ import annotations

from typing import Final

from sealstamp.core.coverage import Covered
from sealstamp.core.record import Record


class Rule(Record):
    """One thing that can be wrong: what it costs, what can be done with it, and what to do about it."""

    code: str
    cost: int
    problem: str
    attack: str
    remedy: str


class Finding(Record):
    """A rule that a scheme breaks, and where."""

    rule: Rule
    detail: str = ""


def _uncovered(part: Covered, cost: int, attack: str) -> Rule:
    remedy = "sign it; until then serve over TLS only and guard against replay by signature"
    return Rule(f"{part.name.lower()}_not_covered", cost, f"the {part} is not signed", attack, remedy)


UNCOVERED: Final = {
    Covered.METHOD: _uncovered(Covered.METHOD, 10, "turn a captured GET /orders/7 into DELETE /orders/7"),
    Covered.HOST: _uncovered(Covered.HOST, 5, "send a request captured at the test system to the live one"),
    Covered.PATH: _uncovered(Covered.PATH, 15, "send a captured signature for /status to /transfers"),
    Covered.QUERY: _uncovered(Covered.QUERY, 15, "change ?to=alice into ?to=mallory"),
    Covered.BODY: _uncovered(Covered.BODY, 15, 'change {"amount": 1} into {"amount": 1000}'),
}
NO_TIME = Rule(
    "no_time",
    25,
    "the signature does not depend on a time",
    "a captured request is accepted for ever",
    "sign a time, and accept it within a window",
)
TIME_MAY_LACK = Rule(
    "time_may_lack",
    15,
    "a request need not carry its time",
    "one that was captured without a time is accepted for ever",
    "guard against replay by signature, which refuses requests without a time",
)
ORDER_ALONE = Rule(
    "order_alone",
    10,
    "a number that grows stands for the time",
    "hold a request back and send it days later: it is accepted if no higher number came before",
    "sign a time too, and accept it within a window",
)
NO_NONCE = Rule(
    "no_nonce",
    5,
    "nothing in the request is unique",
    "a captured request is accepted again within the window",
    "sign a nonce; or guard against replay by signature",
)
BARE_DIGEST = Rule(
    "bare_digest",
    20,
    "the secret is digested, not used as the key of a MAC",
    "append to what was signed where the secret comes first, or search the secret offline at full speed",
    "use HMAC (RFC 2104)",
)
MD5 = Rule("md5", 10, "MD5 is broken", "two different texts can be made to have one digest", "use SHA-256")
SHA1 = Rule("sha1", 3, "SHA-1 is being retired", "collisions have been made; as a MAC it still holds", "use SHA-256")
TOUCHING = Rule(
    "touching_fields",
    5,
    "two values of any length are signed with nothing between them",
    "move characters from one to the other: 1 and 23 are signed as 12 and 3 are",
    "put a separator between them that neither can contain",
)
AMBIGUOUS = Rule(
    "ambiguous_text",
    5,
    "a value can hold the separator that ends it",
    "make one value of two, or two of one, under the same signature",
    "encode values before they are joined, or sign their digests",
)
SHORT_SECRET = Rule(
    "short_secret",
    2,
    "new secrets have less than 128 bits",
    "search for the secret: hard today, but there is no reason to make it easier",
    "give the secret a longer form, such as hex 32",
)
WEAK_SECRET = Rule(
    "weak_secret",
    20,
    "new secrets have less than 80 bits",
    "search for the secret offline, with one captured request to try it on",
    "give the secret a longer form, such as hex 32",
)
WEAK_KEY = Rule(
    "weak_key",
    15,
    "the key of the MAC is cut to less than 128 bits",
    "search for the key instead of the secret; it signs just as well",
    "use the whole digest as the key",
)
GUESSABLE_ID = Rule(
    "guessable_key_id",
    1,
    "access key ids are short enough to be counted through",
    "find out which ids exist, and how many customers there are, where a refusal or its time tells",
    "give ids a longer form, such as alnum 20",
)
LENGTH_EXTENSION = Rule(
    "length_extension",
    15,
    "a bare digest ends with a value of any length",
    "put more at the end of a captured request, and compute its signature from the captured one without the secret",
    "use HMAC (RFC 2104)",
)
WIDE_WINDOW = Rule(
    "wide_window",
    5,
    "a request may be more than 15 minutes old or ahead",
    "a captured request is accepted for that long",
    "set past and future, or most, to 5 min",
)
LIFETIME_NOT_COVERED = Rule(
    "lifetime_not_covered",
    5,
    "the client says how long a request is good, and that is not signed",
    "give a captured request the longest lifetime that is accepted",
    "sign it; until then set most to what clients need",
)

RULES: Final = (
    *UNCOVERED.values(),
    NO_TIME,
    TIME_MAY_LACK,
    ORDER_ALONE,
    NO_NONCE,
    WIDE_WINDOW,
    LIFETIME_NOT_COVERED,
    BARE_DIGEST,
    LENGTH_EXTENSION,
    MD5,
    SHA1,
    TOUCHING,
    AMBIGUOUS,
    WEAK_KEY,
    WEAK_SECRET,
    SHORT_SECRET,
    GUESSABLE_ID,
)
"""Every rule, for those who publish them."""
