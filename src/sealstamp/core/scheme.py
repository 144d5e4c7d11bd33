"""A scheme: everything a scheme file says, read, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from sealstamp.core.bodycheck import BodyDigest, body_digest_of
from sealstamp.core.code import Code, Description
from sealstamp.core.forms import Form
from sealstamp.core.places import IN_BODY, Place
from sealstamp.core.record import Record
from sealstamp.core.request import lazy
from sealstamp.core.timing import TimeFormat
from sealstamp.core.tree import Apply, Atom, Expression, Part, walk
from sealstamp.errors import Reason

ACCESS_KEY_ID = "access_key_id"
TIMESTAMP = "timestamp"
EXPIRES = "expires"
LIFETIME = "lifetime"
NONCE = "nonce"
SECRET = "secret"
KEY_KIND = "key_kind"
"""What the secret is: a text that both sides know, or which kind of key of a pair."""
STRING_TO_SIGN = "string_to_sign"
SIGNATURE = "signature"

UNSIGNED_BODY = "unsigned_body"
"""A parameter of schemes that know a constant in place of a body's digest: whether it may come."""
UNSEEN_BODY = "unseen_body"
"""A parameter of schemes with a body digest: whether a door that never sees the body may accept requests."""

_BODIES = frozenset({Part.BODY, Part.FORM, Part.FORM_FIELDS, Part.XML_FIELDS})

INPUTS = frozenset({ACCESS_KEY_ID, TIMESTAMP, EXPIRES, LIFETIME, NONCE})
"""The names that a signer is given for each request, and a verifier reads."""


class Parameter(Record):
    """Something an API may set for a scheme. ``one_of`` is empty where any text will do.

    ``accept`` says, in words that may be parameters, which of ``one_of`` a verifier takes if the value travels.
    """

    name: str
    default: str
    about: str
    one_of: tuple[str, ...] = ()
    accept: str = ""


class Presence(StrEnum):
    """Whether a value must come."""

    REQUIRED = "required"
    OPTIONAL = "optional"
    """A signer writes it; a verifier does without, but if it came it must be right."""
    OMITTED = "omitted"
    """The same to a verifier; a signer leaves it out."""


class Field(Record):
    """A value that travels by itself: a signer writes it to the first place, a verifier reads whichever came.

    Where it may come in several at once, the ``first`` counts; else that is refused.

    An optional one need not come; if it is ``omitted``, a signer leaves it out. ``any_case`` says that its letters may
    come in either case, as those of hexadecimal digits may.

    The rest is for body digests. One that is absent is signed as the empty text, or if ``computed_if_absent`` as if it
    had come. ``instead`` are constants that a client may send in its place where ``instead_allowed``.
    """

    name: str
    places: tuple[Place, ...]
    optional: bool = False
    omitted: frozenset[str] = frozenset()
    any_case: bool = False
    several: str = ""
    first: bool = False
    computed_if_absent: bool = False
    instead: tuple[str, ...] = ()
    instead_allowed: bool = False

    @property
    def carried(self) -> tuple[str, ...]:
        """The names whose values travel here."""
        return (self.name,)

    @property
    def may_lack(self) -> frozenset[str]:
        """The names whose values need not come."""
        return frozenset(self.carried if self.optional else ())


class Packed(Record):
    """Several values in one text, such as an Authorization header: a prefix, then a template or pairs.

    ``pairs`` are (key, template) written ``key=value``, or ``key="value"`` if ``quoted``, with ``separator`` between;
    a verifier reads them in any order. Those whose keys are in ``bare`` have no quotes, those in ``encoded`` are
    percent-encoded. Without pairs, ``prefix`` is empty and ``template`` says the whole text; without either, the
    scheme's code reads and writes it. ``base64`` says that all after the prefix is base64. ``may_lack`` are the names
    whose pairs need not come, ``omitted`` those of them that a signer leaves out. ``several`` is the name whose value
    may come several times: as pairs of one key, or as templates with ``separator`` between; its value is then all of
    them, with a space between.
    """

    place: Place
    carried: tuple[str, ...]
    template: Expression | None = None
    prefix: str = ""
    pairs: tuple[tuple[str, Expression], ...] = ()
    separator: str = ", "
    quoted: bool = False
    bare: frozenset[str] = frozenset()
    optional: bool = False
    encoded: frozenset[str] = frozenset()
    base64: bool = False
    may_lack: frozenset[str] = frozenset()
    omitted: frozenset[str] = frozenset()
    several: str = ""

    def quotes(self, key: str) -> bool:
        """Tell whether a pair is written in quotes."""
        return self.quoted and key not in self.bare

    @property
    def name(self) -> str:
        """What errors call it."""
        return str(self.place)

    @property
    def places(self) -> tuple[Place, ...]:
        """The one place, as a field has several."""
        return (self.place,)


Carrier = Field | Packed


class TimeRule(Record):
    """How times are written, and how far from the verifier's clock they may be, in milliseconds.

    ``past_ms`` is how old a request may be at most; where it says for how long it is good, that is ``most_ms``, the
    longest lifetime accepted. A lifetime that travels is a number of units of ``unit_ms``.
    """

    format: TimeFormat
    past_ms: int
    future_ms: int
    most_ms: int | None = None
    unit_ms: int = 1_000


class NonceRule(Record):
    """How a signer makes a nonce. It must be unique among the requests of one access key within the window.

    One that ``grows`` is a decimal number above every one that was accepted of its access key before.
    """

    make: Form
    grows: bool = False

    def counted(self, time_ns: int) -> str:
        """Return a nonce that grows: as many digits of a Unix time in nanoseconds as the form has."""
        return str(time_ns)[: self.make.length]


class Chosen(Record):
    """A list that the signer makes and the verifier takes as it comes, if ``must_name`` are all in it.

    So must be every header of the request whose name fits one of the patterns of ``must_name_all``. ``separator``
    stands between the names of the list. Where it does not come, ``default`` is meant. ``any_case`` takes its names for
    lower-case ones; ``as_listed`` does so to check them alone, and leaves the list itself as it came.
    """

    must_name: tuple[str, ...]
    separator: str
    must_name_all: tuple[str, ...] = ()
    default: str = ""
    any_case: bool = False
    as_listed: bool = False


class Extra(Record):
    """A further secret of each access key; ``shown`` says that it travels as it is.

    An ``optional`` one is the empty text for keys that have none.
    """

    name: str
    make: Form
    about: str
    shown: bool = False
    optional: bool = False


class KeyForms(Record):
    """What newly issued pairs look like; imported ones may look otherwise, but for the names of their extras."""

    access_key_id: Form
    secret: Form
    extras: tuple[Extra, ...] = ()


class Answer(Record):
    """One refusal as the vendor words it."""

    status: int
    code: int | str
    message: str


class ResponseProfile(Record):
    """The envelope of refusals. ``body`` is JSON with ``{code}``, ``{message}``, ``{request_id}``, ``{time}`` in it."""

    body: str
    default: Answer
    answers: Mapping[Reason, Answer]

    def answer_for(self, reason: Reason) -> Answer:
        """Return the vendor's wording for a reason."""
        return self.answers.get(reason, self.default)


class Scheme(Record):
    """A checked scheme with its parameters set. ``source`` is the text of its file, to set others anew.

    Two schemes are equal if they are the same object, so that what is made from one can be kept by it.

    ``definitions`` are in order: each uses only what stands before it; the last ones are ``string_to_sign`` and
    ``signature``. ``parameters`` holds the values in force, ``accepted`` what those that travel may come with. ``code``
    computes what definitions cannot say; then there may be none.
    """

    name: str
    title: str
    vendor: str
    url: str
    summary: str
    declared: tuple[Parameter, ...]
    accepted: Mapping[str, tuple[str, ...]]
    parameters: Mapping[str, str]
    carriers: tuple[Carrier, ...]
    definitions: Mapping[str, Expression]
    chosen: Mapping[str, Chosen]
    time: TimeRule | None
    nonce: NonceRule | None
    keys: KeyForms
    responses: ResponseProfile | None
    source: str
    code: Code | None = None
    _hidden = frozenset({"source"})
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def carried(self) -> tuple[str, ...]:
        """The names of every value that travels, in the order they are written."""
        return tuple(name for carrier in self.carriers for name in carrier.carried)

    @property
    def listed_pairs(self) -> Packed:
        """The packed text whose pairs a definition may list; there is one, or a checked scheme lists none."""
        return next(carrier for carrier in self.carriers if isinstance(carrier, Packed) and carrier.pairs)

    @property
    def good_for(self) -> tuple[int, int]:
        """How long before and after it is made a request with the usual lifetime is accepted, in milliseconds."""
        rule = self.time
        if rule is None:
            return 0, 0
        if rule.most_ms is None or not self.parameters.get(LIFETIME):
            return rule.future_ms, rule.past_ms
        lifetime_ms = int(self.parameters[LIFETIME]) * rule.unit_ms
        return rule.future_ms if TIMESTAMP in self.carried else rule.most_ms - lifetime_ms, lifetime_ms

    @property
    def given(self) -> tuple[str, ...]:
        """The names whose values a signer may be given for a request.

        They are parameters that travel, lists that it chooses, digests of the body, and the lifetime.
        """
        said = self.parameters.keys() | self.chosen.keys() | self.body_digests.keys()
        travelling = tuple(name for name in self.carried if name in said)
        needs_lifetime = EXPIRES in self.carried and LIFETIME not in travelling
        return (*travelling, LIFETIME) if needs_lifetime else travelling

    @property
    def may_lack(self) -> frozenset[str]:
        """The names of travelling values that need not come; what is absent is empty."""
        told = self.described.may_lack if self.described is not None else frozenset[str]()
        return told.union(*(carrier.may_lack for carrier in self.carriers))

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the values that lead to the signature, in order, itself included."""
        return tuple(self.described.stages if self.described is not None else self.definitions)

    @property
    def omitted(self) -> frozenset[str]:
        """Those of them that a signer leaves out, though it could compute them."""
        found = frozenset().union(*(carrier.omitted for carrier in self.carriers))
        return found & (self.definitions.keys() - self.chosen.keys())

    @property
    def any_case(self) -> frozenset[str]:
        """The names whose letters may come in either case."""
        return frozenset(c.name for c in self.carriers if isinstance(c, Field) and c.any_case)

    @property
    def several(self) -> str:
        """The name of the value that may come several times, if there is one."""
        return "".join(carrier.several for carrier in self.carriers)

    @property
    def names_key(self) -> bool:
        """Whether a request says which access key signed it."""
        return ACCESS_KEY_ID in self.carried

    @lazy
    def described(self) -> Description | None:
        """What its code says of itself; None for a scheme that is data alone."""
        return self.code.describe(self) if self.code is not None else None

    @property
    def needs_body(self) -> bool:
        """Whether verifying must see the body's bytes before it can decide; body digests are checked later."""
        if self.described is not None:
            return self.described.needs_body
        digests = self.body_digests
        nodes = (node for name, tree in self.definitions.items() if name not in digests for node in walk(tree))
        signs_body = any(isinstance(node, Atom) and node.part in _BODIES for node in nodes)
        return signs_body or any(place.where in IN_BODY for carrier in self.carriers for place in carrier.places)

    @property
    def extras(self) -> tuple[str, ...]:
        """The names of the further secrets that each access key has."""
        return tuple(extra.name for extra in self.keys.extras)

    @property
    def needed_extras(self) -> frozenset[str]:
        """The names of those that every key must have."""
        return frozenset(extra.name for extra in self.keys.extras if not extra.optional)

    @property
    def computed(self) -> tuple[str, ...]:
        """The names of travelling values that the verifier computes and compares; body digests are not among them."""
        digests = self.body_digests
        return tuple(name for name in self._defined if name not in digests)

    @property
    def body_digests(self) -> Mapping[str, BodyDigest]:
        """The travelling values that are compared with the body itself, by name."""
        defined = set(self._defined)
        any_case = self.any_case
        found = (
            body_digest_of(name, Apply("lower", self.definitions[name]) if name in any_case else self.definitions[name])
            for carrier in self.carriers
            if not any(place.where in IN_BODY for place in carrier.places)
            for name in carrier.carried
            if name in defined
        )
        return {digest.name: digest for digest in found if digest is not None}

    @property
    def digest_fields(self) -> Mapping[str, Field]:
        """The fields in which body digests travel, by name; one that travels in a packed text is not among them."""
        digests = self.body_digests
        return {field.name: field for field in self.carriers if isinstance(field, Field) and field.name in digests}

    @property
    def _defined(self) -> tuple[str, ...]:
        return tuple(name for name in self.carried if name in self.definitions and name not in self.chosen)
