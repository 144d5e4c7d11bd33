"""Scheme text to Scheme: reads each section of the file, then has the whole checked.

::

    title, vendor, url, summary      who calls it what, and the vendor's page
    [parameters]                     what an API may set: NAME = { default, about, one_of }
    [fields]                         which values travel, and where: NAME = "header X-TS", or a list: first is written,
                                     or at, optional, instead
    [packed."header NAME"]           several values in one text: text = "…" or prefix, pairs, separator, quoted
    [time]                           format, past, future; for what expires: lifetime, most, unit
    [nonce]                          make, grows
    [sign]                           definitions in order, the last two string_to_sign and signature
    [code]                           name: what computes the signature where a notation cannot say it
    [chosen.NAME]                    a definition that the signer chooses: must_name = […], must_name_all, separator
    [keys]                           what new pairs look like: access_key_id, secret
    [keys.extras]                    further secrets of each key: NAME = { make, about, shown, optional }
    [responses]                      the vendor's refusals: body, default, and answers by reason

Names of parameters in braces may stand in places, so that an API can rename a header. The durations of ``[time]`` are
parameters too.
"""

from __future__ import annotations

from collections.abc import Mapping

from sealstamp.core.bodycheck import body_digest_of
from sealstamp.core.checks import check_scheme
from sealstamp.core.code import Code
from sealstamp.core.document import Document, Table
from sealstamp.core.loading.carriers import CarrierReader
from sealstamp.core.loading.definitions import DefinitionReader
from sealstamp.core.loading.parameters import ParameterReader
from sealstamp.core.loading.reading import FindCode, Reading
from sealstamp.core.loading.rules import RuleReader
from sealstamp.core.responses import read_responses
from sealstamp.core.scheme import LIFETIME, UNSEEN_BODY, Carrier, Scheme
from sealstamp.core.timerules import TimeReader
from sealstamp.core.tree import Expression
from sealstamp.errors import ConfigurationError, NotFoundError, SchemeError


def find_no_code(name: str) -> Code:
    """Find nothing, where only schemes that are data are wanted."""
    raise NotFoundError(f"there is no code {name!r} here\nhint: sealstamp.schemes.get_scheme finds plug-ins")


def load_scheme(
    text: str,
    *,
    name: str,
    path: str,
    parameters: Mapping[str, str] | None = None,
    find_code: FindCode = find_no_code,
) -> Scheme:
    """Read and check a scheme.

    ``name`` is what it is called, ``path`` what errors call the file, ``parameters`` the values an API sets;
    ``find_code`` is asked where the file names code.
    Raises SchemeError for what the author did wrong, ConfigurationError for a parameter that does not fit.
    """
    given = dict(parameters or {})
    try:
        return _read(text, name, path, given, find_code)
    except SchemeError as error:
        if not given:
            raise
        _read(text, name, path, {}, find_code)  # raises if it is the author's fault; else it is the parameters'
        place = f"scheme {name}, parameters {', '.join(sorted(given))}"
        raise ConfigurationError(place, error.problem, error.hint) from None


def _read(text: str, name: str, path: str, given: dict[str, str], find_code: FindCode) -> Scheme:
    try:
        return _Reader(Document(text, path).root, name, given, find_code).scheme()
    except RecursionError:
        raise SchemeError(f"{path}:1", "something in it is nested too deeply", "give parts names in [sign]") from None


def set_parameters(scheme: Scheme, parameters: Mapping[str, str]) -> Scheme:
    """Return ``scheme`` with these parameters in force, and defaults for the others. Raises ConfigurationError."""
    find = _find_again(scheme)
    return load_scheme(scheme.source, name=scheme.name, path=scheme.name, parameters=parameters, find_code=find)


def _find_again(scheme: Scheme) -> FindCode:
    code = scheme.code
    return find_no_code if code is None else lambda _: code


def read_definitions(scheme: Scheme) -> Mapping[str, Expression]:
    """Return the definitions as they are written: with parameters by name, where the scheme's own have their values."""
    root = Document(scheme.source, scheme.name).root
    return _Reader(root, scheme.name, dict(scheme.parameters), _find_again(scheme)).definitions(fixed=set())


class _Reader:
    """Reads the sections in the order in which they need each other: parameters first, for all may mention them."""

    def __init__(self, root: Table, name: str, given: dict[str, str], find_code: FindCode) -> None:
        self._reading = reading = Reading(root, name, given, find_code)
        self._parameters, self._rules = ParameterReader(reading), RuleReader(reading)
        self._parameters.read()
        reading.extras = self._rules.extras()

    def definitions(self, fixed: set[str]) -> dict[str, Expression]:
        return DefinitionReader(self._reading).definitions(fixed)

    def scheme(self) -> Scheme:
        reading, root = self._reading, self._reading.root
        times = self._times()  # before places, because durations are parameters too
        self._parameters.declare_unsigned_body()
        self._parameters.check_choices()
        carriers = CarrierReader(reading).carriers()
        definitions = self._carried_definitions(carriers)
        self._parameters.check_known()
        scheme = Scheme(
            name=reading.name,
            title=root.need("title", str, 'title = "what people call it"'),
            vendor=root.need("vendor", str, 'vendor = "whose API this is"'),
            url=root.need("url", str, 'url = "https://…", the vendor\'s own page'),
            summary=root.get("summary", str) or "",
            declared=reading.declared,
            accepted=self._parameters.accepted(),
            parameters=reading.values,
            carriers=carriers,
            definitions=definitions,
            chosen=self._rules.chosen(),
            time=None if times is None else times.rule(carriers),
            nonce=self._rules.nonce(),
            keys=self._rules.keys(),
            responses=read_responses(root),
            source=root.document.text,
            code=reading.code,
        )
        root.finish()
        check_scheme(scheme, root.document)
        return scheme.replace(keys=self._rules.fitting_keys(scheme))

    def _carried_definitions(self, carriers: tuple[Carrier, ...]) -> dict[str, Expression]:
        """Read what is computed; where a digest of the body travels, an API can say whether the body may be unseen."""
        carried = {name for carrier in carriers for name in carrier.carried}
        definitions = self.definitions(fixed=self._reading.values.keys() - carried)
        if any(body_digest_of(name, tree) for name, tree in definitions.items() if name in carried):
            about = "a request whose body is under a signed digest, and is not seen"
            self._parameters.declare(UNSEEN_BODY, "allowed", about)
            self._parameters.check_choices()
        return definitions

    def _times(self) -> TimeReader | None:
        reading = self._reading
        table = reading.root.table("time")
        if table is None:
            return None
        times = TimeReader(table, reading.name, reading.given, reading.fill)
        if LIFETIME in reading.root.values.get("fields", ()):
            times.declare_lifetime()
        reading.declared += tuple(times.declared)
        reading.values |= times.values
        return times
