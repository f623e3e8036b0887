"""Reminders and what follows a call. They carry no calendar object: nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from services.booking.models import Call
from services.booking.usecases.letters import reminders as letters
from services.booking.usecases.render.call import facts_of, thread
from services.booking.usecases.render.readers import Desk, To
from services.booking.usecases.render.words import own_words_of
from shared.mail.body import Rendered

# A reminder that comes earlier than this repeats what they wrote; a later one is only the way in.
EARLY = timedelta(hours=6)


def reminder(desk: Desk) -> Rendered:
    """The call is near."""
    call = desk.session.get_one(Call, desk.row.subject_id)
    facts, reader = facts_of(desk, call), desk.reader(call)
    if call.starts_at - desk.row.due < EARLY:
        letter = letters.reminder_soon(facts, reader, desk.sender)
    else:
        words = own_words_of(desk.session, call) if desk.to == To.PROSPECT else []
        letter = letters.reminder_early(facts, words, reader, desk.sender)
    return desk.plain(letter, headers=thread(desk, call))


def after(desk: Desk) -> Rendered:
    """The call was held, or they did not come."""
    call = desk.session.get_one(Call, desk.row.subject_id)
    facts, reader = facts_of(desk, call), desk.reader(call)
    write = letters.call_missed if desk.row.kind == "call_missed" else letters.call_follow_up
    return desk.plain(write(facts, reader, desk.sender), headers=thread(desk, call))


AROUND: dict[str, Callable[[Desk], Rendered]] = {
    "reminder": reminder,
    "call_follow_up": after,
    "call_missed": after,
}
