"""What is the same in all cases of a scheme: the time, the nonce, the keys, and the requests before they are signed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from sealstamp.core.asymmetric import ALGORITHMS
from sealstamp.core.branches import algorithms_of, takes_shared
from sealstamp.core.credential import Credential
from sealstamp.core.forms import PAIRS, Form
from sealstamp.core.open_keys import open_rsa_key
from sealstamp.core.places import IN_BODY, Where
from sealstamp.core.record import Record
from sealstamp.core.request import Request
from sealstamp.core.scheme import LIFETIME, Carrier, Scheme
from sealstamp.core.signer import Signer
from sealstamp.core.tree import Atom, Part, walk
from sealstamp.core.verifier import ReplayBy, Verifier
from sealstamp.errors import ConfigurationError, Reason, SigningError
from sealstamp.vectors.case import NOTHING, Case, Key, Signing, judge, settle
from sealstamp.vectors.surgery import added, rebuilt

NOW_MS = 1_767_323_045_000
"""2026-01-02T03:04:05Z: every clock stands at this time unless the case says otherwise."""
HOST = b"api.example.com"
PATH = b"/v1/orders/42"
QUERY = b"limit=10&sort=asc"
_KINDS = {
    Where.FORM: b"application/x-www-form-urlencoded",
    Where.JSON: b"application/json",
    Where.XML: b"text/xml; charset=utf-8",
}
_BODIES = {
    Where.FORM: b"amount=1&note=red+pen",
    Where.JSON: b'{"amount":1,"note":"red pen"}',
    Where.XML: b"<xml><amount>1</amount><note><![CDATA[red pen]]></note></xml>",
}


class Drawn:
    """Chooses from what a name says: the same name, the same choices."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = count()

    def __call__(self, items: Sequence[str]) -> str:
        """Choose one item."""
        digest = hashlib.sha256(f"{self._name}/{next(self._count)}".encode()).digest()
        return items[int.from_bytes(digest[:4], "big") % len(items)]


class Signed(Record):
    """A signed request, and what made it."""

    request: Request
    signing: Signing


class Situation:
    """A scheme with its parameters set, its keys, and how a request of it is made.

    Raises SealstampError for a scheme that can sign no request made here.
    """

    def __init__(self, scheme: Scheme, parameters: Mapping[str, str] = NOTHING) -> None:
        self.scheme = scheme
        self.parameters = parameters
        self.verifier = Verifier(scheme, replay_by=ReplayBy.OFF)
        self.credential = self._credential("key")
        self.stranger = self._credential("another key")
        self.key = Key(self.credential)
        self.nonce = self.make_nonce("nonce")
        self.in_body = _body_place(scheme)
        self.reads_forms = any(atom.part is Part.FORM_FIELDS for atom in _atoms(scheme))
        self._needed = _headers_that_must_be_named(scheme)

    # keys

    def _credential(self, purpose: str) -> Credential:
        keys = self.scheme.keys
        access_key_id = keys.access_key_id.make(Drawn(f"{self.scheme.name}/{purpose}/id"))
        name = f"{self.scheme.name}/{purpose}"
        extras = {extra.name: extra.make.make(Drawn(f"{name}/{extra.name}")) for extra in keys.extras}
        fitting = [
            credential
            for secret in (*_secrets(keys.secret, f"{name}/secret"), *_private_keys(self.scheme, f"{name}/secret"))
            if self._fits(credential := Credential.of(access_key_id, secret, **extras))
        ]
        if not fitting:
            raise ConfigurationError(
                f"scheme {self.scheme.name}", "no secret made here fits it", "change [keys] secret"
            )
        # Of a scheme with both, a choice of its parameters may be for keys of pairs alone.
        return next((credential for credential in fitting if self._signs(credential)), fitting[0])

    def _fits(self, credential: Credential) -> bool:
        try:
            self.verifier.bind(credential, consumer="")
        except ConfigurationError:  # not a secret of this scheme's form
            return False
        return True

    def _signs(self, credential: Credential) -> bool:
        request = Request(b"GET", PATH, [(b"host", HOST)], body=b"")
        try:
            Signer(self.scheme, credential).sign(request, time_ms=NOW_MS, nonce="1")
        except SigningError:
            return False
        return True

    def make_nonce(self, purpose: str) -> str | None:
        """Return a nonce as the scheme's signer would make one."""
        rule = self.scheme.nonce
        if rule is None:
            return None
        made = rule.make.make(Drawn(f"{self.scheme.name}/{purpose}"))
        if not rule.grows:
            return made
        return ("1" if purpose == "nonce" else "2") + made[1:]  # the first is the lowest

    # requests

    def get(self, target: bytes = PATH + b"?" + QUERY) -> Request:
        """Return a GET without a body."""
        return Request(b"GET", target, [(b"host", HOST), *self._needed], body=b"")

    def post(
        self, target: bytes = PATH + b"?" + QUERY, body: bytes | None = None, kind: bytes | None = None
    ) -> Request:
        """Return a POST with a body of the kind in which the scheme carries fields, or that it reads, else JSON."""
        where = self.in_body or (Where.FORM if self.reads_forms else Where.JSON)
        content = _BODIES[where] if body is None else body
        headers = [(b"host", HOST), (b"content-type", kind or _KINDS[where])]
        if self.in_body is None:  # else the length is known only when the fields are in
            headers.append((b"content-length", b"%d" % len(content)))
        given = {name for name, _ in headers}
        headers += [line for line in self._needed if line[0] not in given]
        return Request(b"POST", target, headers, body=content)

    def post_json(self) -> Request:
        """Return a POST of JSON, for schemes that read forms and may sign no other body."""
        return self.post(body=_BODIES[Where.JSON], kind=_KINDS[Where.JSON])

    @property
    def plain(self) -> Request:
        """The simplest request that the scheme can sign."""
        return self.get() if self.in_body is None else self.post()

    @property
    def plain_name(self) -> str:
        """The name of the case that accepts it."""
        return "get" if self.in_body is None else "post"

    # signing

    def sign(
        self,
        request: Request | None = None,
        *,
        scheme: Scheme | None = None,
        credential: Credential | None = None,
        time_ms: int = NOW_MS,
        nonce: str | None = None,
        values: Mapping[str, str] = NOTHING,
    ) -> Signed:
        """Sign a request, the plain one unless another is given. Raises SigningError.

        ``scheme`` is a variant to sign by, such as one with other places.
        """
        signing = Signing(
            request or self.plain,
            time_ms if self.scheme.time else None,
            (nonce or self.nonce) if self.scheme.nonce else None,
            values,
        )
        signer = Signer(scheme or self.scheme, credential or self.credential)
        instructions = signer.sign(
            signing.unsigned, time_ms=signing.time_ms, nonce=signing.nonce, values=signing.values or None
        )
        signed = instructions.apply(signing.unsigned)
        return Signed(self._with_length(signed), signing)

    def _with_length(self, request: Request) -> Request:
        if self.in_body is None or b"content-length" in request.header_fields[0]:
            return request
        length = (b"content-length", b"%d" % len(request.body or b""))
        return rebuilt(request, headers=[*request.headers, length])

    def sign_with(self, carrier: Carrier) -> Signed | None:
        """Sign a request in which an optional carrier comes, if a signer can be made to write it.

        A signer writes a digest of the body where the request has one already, and a parameter that has a value.
        """
        if carrier.name in self.scheme.definitions:
            signed = self.sign(added(self.post(), carrier.places[0], b"-"))
        elif carrier.name in self.scheme.given:
            signed = self.sign(values={carrier.name: self.other_value(carrier.name)})
        else:
            signed = self.sign()
        return signed if carrier.places[0].is_in(signed.request) else None

    def other_value(self, name: str) -> str:
        """Return a value for a travelling parameter that is not its default, if it has another."""
        if name == LIFETIME and self.scheme.time is not None:
            return str((self.scheme.time.most_ms or 0) // self.scheme.time.unit_ms)
        accepted = self.scheme.accepted.get(name)
        return accepted[-1] if accepted else f"a-{name.replace('_', '-')}"

    # reading what was signed

    def values(self, request: Request, now_ms: int = NOW_MS) -> dict[str, bytes]:
        """Return every value that a request carries, by name."""
        presented = self.verifier.present(request, now_ms)
        return {name: text.encode() for name, text in self.verifier.fields_of(presented).items()}

    def carrier(self, name: str) -> Carrier:
        """Return what carries a value."""
        return next(carrier for carrier in self.scheme.carriers if name in carrier.carried)

    # cases

    def case(self, name: str, title: str, request: Request, *reasons: Reason, **more: Any) -> Case:
        """Return a settled case: it ends with one of ``reasons``. Raises VectorError if it does not."""
        return settle(self.draft(name, title, request, *reasons, **more))

    def draft(self, name: str, title: str, request: Request, *reasons: Reason, **more: Any) -> Case:
        """Return a case that nobody has judged yet."""
        facts: dict[str, Any] = {"key": self.key, "now_ms": NOW_MS, **more}
        return Case(
            name=name,
            title=title,
            scheme=self.scheme,
            parameters=self.parameters,
            request=request,
            reasons=frozenset(reasons),
            **facts,
        )

    def takes(self, request: Request) -> bool:
        """Tell whether a request can be signed, and is then accepted."""
        try:
            signed = self.sign(request).request
        except SigningError:
            return False
        return judge(self.draft("", "", signed)) is Reason.ACCEPTED


def _secrets(form: Form, name: str) -> tuple[str, ...]:
    """Return secrets to try: of the scheme's form, then as base64 text, for schemes that decode theirs."""
    drawn = Drawn(name)
    if form.pair == "RSA":  # a key of RSA cannot be made from what is drawn; there are two, and these are no secrets
        return tuple(map(open_rsa_key, (1, 0) if "another" in name else (0, 1)))
    digest = hashlib.sha256(name.encode()).digest()
    encoded = (base64.b64encode(digest), base64.urlsafe_b64encode(digest))
    return (form.make(drawn), *(text.decode() for text in encoded), digest.hex())


def _private_keys(scheme: Scheme, name: str) -> Iterator[str]:
    """Yield a key for each kind of pair that a scheme with shared secrets takes as well."""
    if takes_shared(scheme):
        forms = {pair: form for form, (pair, _) in PAIRS.items()}
        for family in dict.fromkeys(ALGORITHMS[algorithm].family for algorithm in algorithms_of(scheme)):
            yield _secrets(Form.parse(forms[family]), name)[0]


def _body_place(scheme: Scheme) -> Where | None:
    wheres = (place.where for carrier in scheme.carriers if not carrier.optional for place in carrier.places[:1])
    return next((where for where in wheres if where in IN_BODY), None)


def _headers_that_must_be_named(scheme: Scheme) -> list[tuple[bytes, bytes]]:
    """Return headers that every request has to bring, because a list of covered headers must name them."""
    carried = {place.key for carrier in scheme.carriers for place in carrier.places if place.where is Where.HEADER}
    needed = dict.fromkeys(name.encode() for chosen in scheme.chosen.values() for name in chosen.must_name)
    known = {b"content-type": _KINDS[Where.JSON], b"date": b"Fri, 02 Jan 2026 03:04:05 GMT"}
    present = carried | {b"host", b"content-length"}
    return [(name, known.get(name, b"vector")) for name in needed if name[:1].isalpha() and name not in present]


def header_names(scheme: Scheme) -> tuple[str, ...]:
    """Return the headers that the scheme signs by name, in lower case, without those that carry its fields."""
    carried = {place.name.lower() for carrier in scheme.carriers for place in carrier.places}
    names = dict.fromkeys(atom.argument.lower() for atom in _atoms(scheme) if atom.part is Part.HEADER)
    return tuple(name for name in names if name not in carried | {"host", "content-length", "content-type"})


def _atoms(scheme: Scheme) -> Iterator[Atom]:
    return (node for tree in scheme.definitions.values() for node in walk(tree) if isinstance(node, Atom))
