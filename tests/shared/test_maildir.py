"""Mail into a folder: whole files or none, and a repeat replaces a mail by itself."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from shared.mail.compose import compose
from shared.mail.outgoing import Accepted, NotSent
from shared.mail.transports import transport_of
from shared.mail.transports.maildir import MaildirTransport
from tests.installation import settings_for
from tests.shared.mails import an_invitation, an_outgoing, sent, sent_one


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def transport(tmp_path: Path) -> MaildirTransport:
    return MaildirTransport(tmp_path)


def test_a_mail_is_one_file_exactly_as_it_would_leave(transport: MaildirTransport, tmp_path: Path) -> None:
    letter, invitation = an_outgoing(), an_invitation()
    results = sent(transport, letter, invitation)
    assert results == {mail.id: Accepted(f"{mail.id}.eml") for mail in (letter, invitation)}
    assert files(tmp_path) == {f"new/{mail.id}.eml": compose(mail) for mail in (letter, invitation)}


def test_sending_a_mail_again_changes_nothing(transport: MaildirTransport, tmp_path: Path) -> None:
    mail = an_outgoing()
    sent_one(transport, mail)
    before = files(tmp_path)
    assert isinstance(sent_one(transport, an_outgoing(mail.id, attempt=2)), Accepted)
    assert files(tmp_path) == before


def test_a_folder_that_cannot_be_written_is_a_mail_that_was_not_sent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder", encoding="utf-8")
    result = sent_one(MaildirTransport(tmp_path / "file" / "outbox"), an_outgoing())
    assert isinstance(result, NotSent)
    assert "cannot be written" in result.reason


def test_mail_goes_on_once_the_folder_is_there_again(tmp_path: Path) -> None:
    outbox, mail = tmp_path / "outbox", an_outgoing()
    outbox.write_text("in the way", encoding="utf-8")
    transport = MaildirTransport(outbox)
    assert isinstance(sent_one(transport, mail), NotSent)
    outbox.unlink()
    assert isinstance(sent_one(transport, mail), Accepted)


def test_a_death_before_the_last_step_leaves_no_mail(
    transport: MaildirTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(os, "fsync", die)
        sent_one(transport, an_outgoing())
    assert list((tmp_path / "new").iterdir()) == []
    assert len(list((tmp_path / "tmp").iterdir())) == 1


def test_what_a_death_left_behind_is_replaced_by_the_next_try(transport: MaildirTransport, tmp_path: Path) -> None:
    mail = an_outgoing()
    sent_one(transport, an_outgoing())
    (tmp_path / "tmp" / f"{mail.id}.eml").write_bytes(b"half a mai")
    sent_one(transport, mail)
    assert (tmp_path / "new" / f"{mail.id}.eml").read_bytes() == compose(mail)
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_rename_that_fails_is_tried_again(transport: MaildirTransport, tmp_path: Path) -> None:
    mail = an_outgoing()
    (tmp_path / "new" / f"{mail.id}.eml").mkdir(parents=True)
    assert isinstance(sent_one(transport, mail), NotSent)
    (tmp_path / "new" / f"{mail.id}.eml").rmdir()
    assert isinstance(sent_one(transport, mail), Accepted)


@pytest.mark.parametrize("url", ["maildir:{}/out box", "maildir:{}/out%20box", "maildir://{}/out%20box"])
def test_the_folder_is_the_one_of_mail_url(tmp_path: Path, url: str) -> None:
    settings = settings_for("postgresql://nobody/x", tmp_path, mail_url=url.format(tmp_path))
    sent_one(transport_of(settings), an_outgoing())
    assert len(list((tmp_path / "out box" / "new").iterdir())) == 1
