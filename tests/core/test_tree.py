"""The syntax tree: what a template becomes, and how trees are walked and changed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealstamp.core.template import TemplateError, parse_template
from sealstamp.core.tree import (
    Apply,
    Atom,
    Concat,
    Expression,
    Join,
    Name,
    Part,
    Switch,
    Text,
    children,
    names,
    rewrite,
    walk,
)

HMAC = Apply("hmac", Name("a"), (Text("sha256"), Name("secret")))
PARSED: dict[str, Expression] = {
    "": Text(""),
    "plain": Text("plain"),
    "{a}": Name("a"),
    "{ a }": Name("a"),
    "{a}&{b}": Concat((Name("a"), Text("&"), Name("b"))),
    "{{{a}}}": Concat((Text("{"), Name("a"), Text("}"))),
    "{{a}}": Text("{a}"),
    "{{{{": Text("{{"),
    "{'{x|y}'}": Text("{x|y}"),
    "{''}": Text(""),
    "{a|hex}": Apply("hex", Name("a")),
    "{a | md5 | hex}": Apply("hex", Apply("md5", Name("a"))),
    "{a|hmac:sha256,secret}": HMAC,
    "{a|hmac: sha256 , secret }": HMAC,
    "{a|hmac:sha256,'a,|b'}": Apply("hmac", Name("a"), (Text("sha256"), Text("a,|b"))),
    "{method}": Atom(Part.METHOD),
    "{url}": Atom(Part.URL),
    "{header.X-Ab}": Atom(Part.HEADER, "X-Ab"),
    "{query.A b.c}": Atom(Part.PARAMETER, "A b.c"),
    "{a|hmac:sha256,body}": Apply("hmac", Name("a"), (Text("sha256"), Atom(Part.BODY))),
}


@pytest.mark.parametrize(("text", "tree"), PARSED.items())
def test_parsed(text: str, tree: Expression) -> None:
    """A template is the simplest tree that says the same."""
    assert parse_template(text) == tree


@given(st.text() | st.text("{}|':,.ab "))
def test_any_template(text: str) -> None:
    """Any text is a template or raises TemplateError."""
    try:
        parse_template(text)
    except TemplateError as error:
        assert error.problem
        assert error.hint


@given(st.text())
def test_text_with_its_braces_doubled(text: str) -> None:
    """Doubling the braces makes any text a template of itself."""
    assert parse_template(text.replace("{", "{{").replace("}", "}}")) == Text(text)


LEAVES = st.builds(Text, st.text(max_size=2)) | st.builds(Name, st.sampled_from("abc")) | st.just(Atom(Part.PATH))


def inner(nodes: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    some = st.lists(nodes, max_size=3).map(tuple)
    cases = st.lists(st.tuples(st.text(max_size=2), nodes), max_size=2).map(tuple)
    return (
        st.builds(Apply, st.just("hmac"), nodes, some)
        | st.builds(Concat, some)
        | st.builds(Join, st.just("&"), some, st.booleans())
        | st.builds(Switch, nodes, cases, nodes)
    )


TREES = st.recursive(LEAVES, inner, max_leaves=12)


@given(TREES)
def test_rewritten_without_a_change(tree: Expression) -> None:
    """A rewrite that changes nothing gives an equal tree, with an equal hash."""
    assert rewrite(tree, lambda node: node) == tree
    assert hash(rewrite(tree, lambda node: node)) == hash(tree)


@given(TREES)
def test_rewritten_everywhere(tree: Expression) -> None:
    """A rewrite reaches every node, however deep, once; the tree it began with stays."""
    before = list(names(tree))
    changed = rewrite(tree, lambda node: Name(node.name + "x") if isinstance(node, Name) else node)
    assert list(names(changed)) == [name + "x" for name in before]
    assert list(names(tree)) == before
    assert len(list(walk(changed))) == len(list(walk(tree)))


@given(TREES)
def test_rewritten_innermost_first(tree: Expression) -> None:
    """What is inside is changed before what is around it sees it."""
    order: list[Expression] = []
    rewrite(tree, lambda node: order.append(node) or node)  # type: ignore[func-returns-value]
    assert order[-1] == tree
    assert sorted(map(repr, order)) == sorted(map(repr, walk(tree)))


@given(TREES)
def test_walked_outermost_first(tree: Expression) -> None:
    """A walk yields each node before what is inside it."""
    nodes = list(walk(tree))
    assert nodes[0] == tree
    assert len(nodes) == 1 + sum(len(list(walk(child))) for child in children(tree))


def test_names_in_order() -> None:
    """Names come in the order of the text, doubles kept; parts of the request are none."""
    tree = parse_template("{b}{a|hmac:sha256,secret}{method}{b}{header.c}")
    assert list(names(tree)) == ["b", "a", "secret", "b"]


def test_frozen() -> None:
    """A tree cannot be changed where it is."""
    with pytest.raises(AttributeError):
        Text("a").value = "b"  # type: ignore[misc]
