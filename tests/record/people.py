"""People whom an installation knows well, forgetting them, and looking for what is left of them."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.booking.domain.requests import Answer
from services.booking.models import Ask
from services.booking.usecases.ask import answer_ask, ask_by_contact, ask_for_mentorship
from services.booking.usecases.book import book_call
from services.booking.usecases.erase import Left, ask_to_erase
from services.webhooks.usecases.endpoints import ENDPOINT_SECRETS, add_endpoint
from services.webhooks.usecases.take_in import store_raw
from shared.clock import machine_now
from shared.erasure import Erasure
from shared.security import cipher
from tests.builders import a_booking, a_question, a_visitor, a_wish_for_mentorship
from tests.installation import START, Installation
from tests.webhooks.signing import an_event, batch

ANA, BEN = "ana@reader.test", "ben@reader.test"
# What she wrote, and what was written about her: nobody else's words are like these.
HER_WORDS = (
    *("ana@reader.test", "ana lima", "lima & daughters", "555-0123", "forty people", "backend engineer", "my first"),
    *("a yes or a no", "she asked twice", "sooner is better", "lisbon-landing", "for ana", "mailbox is hers"),
)
TUESDAY = START.replace(day=8, hour=9)


def meet(house: Installation, *, endpoint: str = "") -> UUID:
    """Ana asks, ticks the box, wants mentorship, books, is invited by Ben and is written about. Returns her call.

    Ten days later all of it is over. With `endpoint` all of it is delivered there too.
    """
    if endpoint:
        _add_endpoint(house, endpoint)
    call = _books(house)
    _is_written_about(house, call)
    house.work()
    _is_heard_of_by_the_provider(house)
    house.pass_time(days=10)
    return call


def forget(house: Installation, email: str = ANA, *, work: bool = True) -> Left:
    """Ask for an erasure, as the console does, and let everybody hear of it."""
    with house.booking.sessions.begin() as session:
        left = ask_to_erase(session, Erasure.of(house.settings, email, at=house.clock.now()))
    if work:
        house.work()
    return left


def traces(house: Installation, *words: str) -> list[tuple[str, str]]:
    """Every column of every table that says one of the words, whatever its type."""
    found = []
    for schema, table, column, kind in house.rows(_COLUMNS):
        text = f"encode({column}, 'escape')" if kind == "bytea" else f'"{column}"::text'
        # A calendar folds its long lines.
        text = rf"lower(replace(replace({text}, E'\r\n ', ''), '\015\012 ', ''))"
        looked_for = "unnest(CAST(:words AS text[])) word"
        said = f"SELECT DISTINCT word FROM {schema}.{table}, {looked_for} WHERE strpos({text}, word) > 0"
        found += [(f"{schema}.{table}.{column}", word) for (word,) in house.rows(said, words=list(words or HER_WORDS))]
    return found


_COLUMNS = """
    SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns
    WHERE table_schema IN ('booking', 'access', 'nurture', 'webhooks', 'system')
      AND table_name NOT IN ('live_session', 'live_token') ORDER BY 1, 2, 3
"""


def _add_endpoint(house: Installation, url: str) -> None:
    with house.webhooks.sessions.begin() as session:
        secrets = cipher(house.settings, ENDPOINT_SECRETS)
        add_endpoint(session, url, [], cipher=secrets, machine=machine_now(), now=START)


def _books(house: Installation) -> UUID:
    ana = a_visitor(company="Lima & Daughters")
    came_by = {"landing": "/lisbon-landing?email=ana%40reader.test"}
    with house.booking.sessions.begin() as session:
        ask_by_contact(session, a_question(visitor=ana, phone="+351 555-0123", attribution=came_by), now=START)
        ask_for_mentorship(session, a_wish_for_mentorship(visitor=ana), now=START)
    house.work()
    with house.booking.sessions.begin() as session:
        wish = session.scalars(select(Ask.id).where(Ask.kind == "mentorship")).one()
        answer_ask(session, wish, "accepted", now=START)
        call = book_call(
            session, a_booking(TUESDAY, visitor=ana, form_key="of her form"), uid_domain="x.test", now=START
        )
        bens = a_booking(
            TUESDAY + timedelta(hours=2), visitor=a_visitor("Ben Okafor", BEN), answers=(Answer("Why?", "To learn"),)
        )
        book_call(session, bens, uid_domain="x.test", now=START)
    return call.id


def _is_written_about(house: Installation, call: UUID) -> None:
    """What other parts of the product write, put there by hand."""
    run = house.run
    run("UPDATE booking.call SET notes = 'She asked twice', reason = 'Sooner is better', phone = '555-0123'"
        " WHERE id = :call", call=call)  # fmt: skip
    run("INSERT INTO booking.guest (call_id, name, email, person) SELECT id, 'Ana Lima', :ana, :ana FROM booking.call"
        " WHERE person = :ben", ana=ANA, ben=BEN)  # fmt: skip
    run("INSERT INTO booking.guest (call_id, name, email, person) VALUES (:call, 'Eve', 'eve@reader.test',"
        " 'eve@reader.test')", call=call)  # fmt: skip
    run("INSERT INTO booking.proposal (token, call_id, call_type_id, made_by, starts, message, created_at)"
        " SELECT 'proposal', id, call_type_id, 'prospect', ARRAY[starts_at], 'Sooner is better', created_at"
        " FROM booking.call WHERE id = :call", call=call)  # fmt: skip
    run(
        "INSERT INTO booking.private_link (token, call_type_id, label, most_uses, uses, created_at)"
        " SELECT 'link', call_type_id, 'For Ana', 1, 1, created_at FROM booking.call WHERE id = :call",
        call=call,
    )
    run("UPDATE booking.call SET link_id = (SELECT id FROM booking.private_link) WHERE id = :call", call=call)
    run("INSERT INTO booking.blocked (pattern, note, created_at) VALUES (:ana, 'mailbox is hers', :at),"
        " ('@reader.test', 'ana@reader.test wrote twice', :at)", ana=ANA, at=START)  # fmt: skip
    run("INSERT INTO booking.answered_request (key, body, status, answer, at)"
        " VALUES ('k', 'digest', 201, CAST(:answer AS jsonb), :at)", at=START,
        answer=json.dumps({"id": str(call), "email": ANA}))  # fmt: skip
    run("INSERT INTO access.audit (actor, act, subject, detail, at)"
        " VALUES ('nora@advisor.test', 'address_blocked', :call, CAST(:detail AS jsonb), :at)",
        call=call, detail=json.dumps({"pattern": ANA}), at=START)  # fmt: skip


def _is_heard_of_by_the_provider(house: Installation) -> None:
    bounced = {"type": "blocked", "status": "4.2.2", "reason": "452 the mailbox is hers and full: <Ana@Reader.test>"}
    events: list[dict[str, Any]] = []
    for schema in ("booking", "nurture"):
        for message, recipient in house.rows(f"SELECT id, recipient FROM {schema}.message"):
            events.append(an_event("bounce", message, schema, email=recipient, **(bounced if recipient == ANA else {})))
    with house.webhooks.sessions.begin() as session:
        store_raw(session, batch(*events), machine=machine_now())
        store_raw(session, b'[{"email": "ana@reader.test", "event": 5}, {"broken', machine=machine_now())
    house.work()
    house.run("UPDATE booking.message SET error = '550 <ana@reader.test> unknown' WHERE recipient = :ana", ana=ANA)
