"""``[chosen]``, ``[nonce]`` and ``[keys]``: lists that signers choose, and what is generated."""

from __future__ import annotations

from sealstamp.core.asymmetric import ALGORITHMS
from sealstamp.core.branches import algorithms_of, takes_shared
from sealstamp.core.document import Table
from sealstamp.core.forms import ALPHABETS, PAIRS, Form
from sealstamp.core.loading.reading import Reading
from sealstamp.core.scheme import (
    INPUTS,
    KEY_KIND,
    SECRET,
    SIGNATURE,
    Chosen,
    Extra,
    KeyForms,
    NonceRule,
    Scheme,
)
from sealstamp.core.timerules import DURATIONS

_DEFAULT_KEYS = KeyForms(Form.parse("alnum 32"), Form.parse("base62 40"))


class RuleReader:
    """Reads rules and forms."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def extras(self) -> tuple[Extra, ...]:
        """Return the further secrets of a key. Raises SchemeError."""
        keys = self._reading.root.table("keys")
        table = keys.table("extras") if keys else None
        return tuple(self._extra(table, name) for name in table.values) if table else ()

    def _extra(self, extras: Table, name: str) -> Extra:
        self._reading.check_name(extras, name)
        if name in INPUTS or name in (SECRET, KEY_KIND, SIGNATURE, *DURATIONS, *self._reading.values):
            extras.fail(
                name, f"{name!r} cannot be a further secret", "it has a meaning of its own; choose another name"
            )
        table = extras.table(name)
        assert table is not None  # noqa: S101  # the key was just iterated
        form = self._reading.form(
            table, "make", table.need("make", str, f'{name} = {{ make = "alnum 12", about = "…" }}')
        )
        about = table.need("about", str, "say in a few words what it is for")
        extra = Extra(name, form, about, bool(table.get("shown", bool)), bool(table.get("optional", bool)))
        table.finish()
        return extra

    def chosen(self) -> dict[str, Chosen]:
        """Return the lists that a signer chooses. Raises SchemeError."""
        table = self._reading.root.table("chosen")
        return {name: self._choice(table, name) for name in table.values} if table else {}

    def _choice(self, parent: Table, name: str) -> Chosen:
        table = parent.table(name)
        if table is None:
            parent.fail(name, f"{name!r} must be a table", f'[chosen.{name}] must_name = ["host"]')
        must_name = table.need("must_name", list, 'must_name = ["host"], or [] where nothing is demanded')
        if not all(isinstance(word, str) for word in must_name):
            table.fail("must_name", "'must_name' holds what is not text", 'must_name = ["host"]')
        separator = table.get("separator", str) or ";"
        any_case = bool(table.get("any_case", bool))
        filled = [self._reading.fill(table, "must_name", word) for word in must_name]
        filled = [word.lower() for word in filled] if any_case else filled
        demanded = dict.fromkeys(name for word in filled for name in word.split(separator) if name)
        chosen = Chosen(
            tuple(demanded),
            separator,
            self._reading.texts(table, "must_name_all"),
            default=table.get("default", str) or "",
            any_case=any_case,
            as_listed=bool(table.get("as_listed", bool)),
        )
        table.finish()
        return chosen

    def nonce(self) -> NonceRule | None:
        """Return what a nonce is like. Raises SchemeError."""
        table = self._reading.root.table("nonce")
        if table is None:
            return None
        form = self._reading.form(table, "make", table.need("make", str, 'make = "hex 16"'))
        rule = NonceRule(form, bool(table.get("grows", bool)))
        if rule.grows and not (form.alphabet == ALPHABETS["digits"] and 10 <= form.length <= 19):
            table.fail("make", "a nonce that grows is made of the time's digits", 'make = "digits 13" for milliseconds')
        table.finish()
        return rule

    def keys(self) -> KeyForms:
        """Return what ids and secrets are like. Raises SchemeError."""
        table = self._reading.root.table("keys")
        if table is None:
            return _DEFAULT_KEYS
        forms = _DEFAULT_KEYS.replace(
            **{
                key: self._reading.form(table, key, text)
                for key in ("access_key_id", "secret")
                if (text := table.get(key, str))
            },
            extras=self._reading.extras,
        )
        table.get("extras", dict)
        table.finish()
        return forms

    def fitting_keys(self, scheme: Scheme) -> KeyForms:
        """Return the forms, with a key pair's where the scheme signs with nothing else and says no form."""
        wanted = [ALGORITHMS[name].family for name in algorithms_of(scheme)]
        shared, pair = takes_shared(scheme) or not wanted, scheme.keys.secret.pair
        says = "secret" in self._reading.root.values.get("keys", {})
        if says and not (pair in wanted if pair else shared):
            needed = "a secret that both sides know" if not wanted else f"a key of {' or '.join(dict.fromkeys(wanted))}"
            self._reading.root.document.fail(
                ("keys", "secret"), f"this scheme signs with {needed}", "give a form of that kind"
            )
        if says or shared:
            return scheme.keys
        form = next(name for name, (family, _) in PAIRS.items() if family == wanted[0])
        return scheme.keys.replace(secret=Form.parse(form))
