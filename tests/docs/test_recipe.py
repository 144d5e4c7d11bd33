"""A scheme's recipe in words."""

import pytest

from sealstamp.core import filters
from sealstamp.core.loader import load_scheme
from sealstamp.core.template import parse_template
from sealstamp.core.tree import Part, walk
from sealstamp.guide import recipe
from sealstamp.guide.recipe import in_words, recipe_of, write_recipe
from sealstamp.schemes import get_scheme, scheme_names
from tests.core.schemes import TESTED


def test_every_filter_has_words() -> None:
    """What a filter does can be told, and nothing is told of filters that do not exist."""
    silent = sorted(filters.FILTERS.keys() - recipe.FILTERS.keys())
    gone = sorted(recipe.FILTERS.keys() - filters.FILTERS.keys())
    assert (silent, gone) == ([], []), "say in FILTERS of guide/recipe.py what these filters do, and forget those"


def test_every_part_of_a_request_has_words() -> None:
    """What a template can read can be told."""
    assert set(recipe.PARTS) == set(Part), "say in PARTS of guide/recipe.py what these parts are"


@pytest.mark.parametrize("name", [*scheme_names(), *TESTED])
def test_every_scheme_can_be_told(name: str) -> None:
    """Each definition becomes a step, in order, in words of which none is left open."""
    scheme = load_scheme(TESTED[name], name=name, path=name) if name in TESTED else get_scheme(name)
    steps = recipe_of(scheme)
    assert tuple(step.name for step in steps) == scheme.stages
    for step in steps:
        assert all((step.text, *step.parts))
        assert len(step.parts) != 1


@pytest.mark.parametrize(
    ("template", "words"),
    [
        (
            "{string_to_sign|hmac:sha256,day_key|hex}",
            "the HMAC-SHA256 of the string to sign with the day key, in lower-case hexadecimal",
        ),
        ("{timestamp|hmac:sha1,secret|base64}", "the HMAC-SHA1 of the time with the secret as its key, in base64"),
        ("{secret|md5|hex|upper}", "the MD5 digest of the secret, in upper-case hexadecimal"),
        ("{secret|md5|hex|sha1|hex}", "the SHA-1 digest of (the MD5 digest of the secret, in lower-case hexadecimal)"),
        ("{header.X-Day|or:timestamp}", "the header X-Day, or if that is empty the time"),
        ("{query|after_if_any:'?'}", '"?" and then the query as it stands, unless that is empty'),
        ("{body|slice:0,8}", "bytes 0 to 8 of the body"),
        ("{headers|match:'x-a','x-b'|sort|join:':','\n','\n'}", 'those whose names fit "x-a" or "x-b"'),
        ("{'\n'}", "a line feed"),
    ],
)
def test_expressions_in_words(template: str, words: str) -> None:
    """One line of English that says what is done, in the order in which it is done."""
    assert words in in_words(parse_template(template))


def test_parameters_are_called_by_name() -> None:
    """A recipe holds for every API, so it does not say the value that a parameter has at one."""
    scheme = get_scheme("aws-sigv4-header", {"region": "eu-west-3"})
    text = "\n".join(write_recipe(scheme))
    assert "the HMAC-SHA256 of the region with the day key" in text
    assert "eu-west-3" not in text


def test_a_text_that_stands_between_all_parts_is_told_once() -> None:
    """As one would say it."""
    step = recipe_of(get_scheme("stardust"))[0]
    assert (step.text, step.parts) == ('these, with "&" between:', ("the time", "the secret", "the access key id"))


def test_a_template_is_told_in_full() -> None:
    """Every text and every name of the source appears in what is told."""
    for name in scheme_names():
        scheme = get_scheme(name)
        told = "\n".join(write_recipe(scheme))
        nodes = [node for tree in scheme.definitions.values() for node in walk(tree)]
        arguments = {node.argument for node in nodes if getattr(node, "argument", "")}
        assert [argument for argument in arguments if argument not in told] == []
