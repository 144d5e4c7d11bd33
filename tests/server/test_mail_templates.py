"""Templates of messages: the built-in ones, those of a provider, and every way to get one wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from sealstamp.errors import ConfigurationError
from sealstamp.keys.mail import MailKind
from sealstamp.server.mailing.templates import load_templates, names_of


def test_built_in_templates_fill_in_every_value() -> None:
    for kind, template in load_templates().items():
        values = {name: f"<{name}>" for name in names_of(kind)}
        subject, body = template.fill(values)
        assert "$" not in subject + body.replace("$$", "")
        assert subject


def test_provider_replaces_one(tmp_path: Path) -> None:
    (tmp_path / "invitation.txt").write_bytes(b"Subject: Hej $name\r\n\r\nKod: ${token}, $$5\r\n")
    (tmp_path / "README.md").write_text("not a template")
    templates = load_templates(tmp_path)
    values = dict.fromkeys(names_of(MailKind.INVITATION), "x") | {"name": "Åsa\nBcc: eve@example.com", "token": "$t"}
    assert templates[MailKind.INVITATION].fill(values) == ("Hej Åsa Bcc: eve@example.com", "Kod: $t, $5\n")
    declined = MailKind.REQUEST_DECLINED
    assert templates[declined].body.template == load_templates()[declined].body.template


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("invitaton", "Subject: a\n\n$link", "did you mean 'invitation'"),
        ("invitation", "Subject: a\n\n$lnk", "there is no value \\$lnk here\nhint: did you mean 'link'"),
        ("invitation", "Subject: $reason\n\n$link", "there is no value \\$reason here"),
        ("invitation", "Subject: a\n\nwelcome", "it does not say \\$link or \\$token"),
        ("invitation", "Subject: a\n\n$link for $ 5", "a dollar sign stands alone"),
        ("invitation", "welcome\n\n$link", "it has no subject"),
        ("invitation", "Subject:\n\n$link", "it has no subject"),
        ("invitation", "Subject: a\nBcc: eve@example.com\n\n$link", "it has no subject"),
        ("invitation", "Subject: a\n\n", "or no text"),
        ("invitation", "", "it has no subject"),
        ("invitation", "Subject: a\n\n$link\0", "it is not a text of at most"),
        ("invitation", "Subject: a\n\n$link" + " " * 65_536, "it is not a text of at most"),
    ],
)
def test_template_that_cannot_be_used(tmp_path: Path, name: str, text: str, problem: str) -> None:
    (tmp_path / f"{name}.txt").write_text(text)
    with pytest.raises(ConfigurationError, match=problem) as caught:
        load_templates(tmp_path)
    assert caught.value.place == f"{tmp_path}/{name}.txt"


def test_template_of_other_bytes(tmp_path: Path) -> None:
    (tmp_path / "invitation.txt").write_bytes(b"Subject: a\n\n$link \xff")
    with pytest.raises(ConfigurationError, match="not UTF-8"):
        load_templates(tmp_path)


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="mail templates cannot be read"):
        load_templates(tmp_path / "nowhere")
    (tmp_path / "invitation.txt").mkdir()
    with pytest.raises(ConfigurationError, match="mail templates cannot be read"):
        load_templates(tmp_path)
