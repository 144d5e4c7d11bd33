"""What all sections need: the file, its name, and the parameters, whose values are known before what mentions them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sealstamp.core.code import Code
from sealstamp.core.document import Table, shown
from sealstamp.core.forms import Form
from sealstamp.core.places import Place
from sealstamp.core.scheme import Extra, Parameter, Presence
from sealstamp.core.suggest import did_you_mean
from sealstamp.core.template import RESERVED, TemplateError, parse_template
from sealstamp.core.tree import Concat, Expression, Name, Text, names, rewrite
from sealstamp.errors import NotFoundError

FindCode = Callable[[str], Code]
"""Returns the code of a name. Raises NotFoundError, ConfigurationError for code that cannot be used."""

_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Reading:
    """One file while it is read. ``given`` are the parameters that an API sets, ``values`` those that count."""

    def __init__(self, root: Table, name: str, given: dict[str, str], find_code: FindCode) -> None:
        self.root = root
        self.name = name
        self.given = given
        self.code = self._code(find_code)
        self.declared: tuple[Parameter, ...] = ()
        self.values: dict[str, str] = {}
        self.extras: tuple[Extra, ...] = ()

    def _code(self, find_code: FindCode) -> Code | None:
        table = self.root.table("code")
        if table is None:
            return None
        name = table.need("name", str, 'name = "rfc9421", a name under which a plug-in is registered')
        table.finish()
        try:
            return find_code(name)
        except NotFoundError as error:
            problem, _, hint = str(error).partition("\nhint: ")
            return table.fail("name", problem, hint)

    def check_name(self, table: Table, name: str) -> None:
        """Complain of what cannot be a name. Raises SchemeError."""
        if not _NAME.fullmatch(name) or name in RESERVED:
            table.fail(
                name, f"{name!r} cannot be a name", f"names are like my_name, and not {', '.join(sorted(RESERVED))}"
            )

    def texts(self, table: Table, key: str) -> tuple[str, ...]:
        """Read a list of texts. Raises SchemeError."""
        texts = tuple(table.get(key, list) or ())
        if not all(isinstance(text, str) for text in texts):
            table.fail(key, f"{key!r} must be a list of texts", f"it is {shown(list(texts))}")
        return texts

    def fill(self, table: Table, key: str, text: str) -> str:
        """Put parameters into a text. Raises SchemeError."""
        expression = self.template(table, key, text, fixed=self.values)
        parts = expression.parts if isinstance(expression, Concat) else (expression,)
        if not all(isinstance(part, Text) for part in parts):
            unknown = next(names(expression), text)
            table.fail(key, f"{text!r} mentions more than parameters", did_you_mean(unknown, self.values))
        return "".join(part.value for part in parts if isinstance(part, Text))

    def template(self, table: Table, key: str, text: str, fixed: Mapping[str, str] | None = None) -> Expression:
        """Read a template, with the values of names that are ``fixed``. Raises SchemeError."""
        try:
            tree = parse_template(text)
        except TemplateError as error:
            return table.fail(key, error.problem, error.hint)
        known = fixed or {}
        return rewrite(tree, lambda n: Text(known[n.name]) if isinstance(n, Name) and n.name in known else n)

    def form(self, table: Table, key: str, text: str) -> Form:
        """Read what something generated looks like. Raises SchemeError."""
        try:
            form = Form.parse(text)
        except ValueError as error:
            return table.fail(key, str(error), f'{key} = "hex 32"')
        if form.pair and key != "secret":
            table.fail(key, f"{key!r} is no private key", f'{key} = "hex 32"')
        return form

    def presence(self, table: Table, key: str, value: Any) -> Presence:
        """Read whether something must come; a text may be a parameter, so that an API can say. Raises SchemeError."""
        if value is None or isinstance(value, bool):
            return Presence.OMITTED if value else Presence.REQUIRED
        word = self.fill(table, key, value) if isinstance(value, str) else ""
        if word not in set(Presence):
            problem = f'{key!r} must be "computed", true or false, not {shown(value)}'
            table.fail(key, problem, f"or one of {', '.join(Presence)}")
        return Presence(word)

    def place(self, table: Table, key: str, text: Any) -> Place:
        """Read where a value travels; a parameter may be part of it. Raises SchemeError."""
        if not isinstance(text, str):
            table.fail(key, f"{shown(text)} is no place", f'{key} = "header X-Name", or a list of places')
        try:
            return Place.parse(self.fill(table, key, text))
        except ValueError as error:
            return table.fail(key, str(error), f'{key} = "header X-Name"')
