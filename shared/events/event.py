"""What every event has, and the register of all of them."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from shared.settings import ServiceName

# Locales and zones travel as text: a reader that does not know one must still be able to read the event.
Locale = Annotated[str, Field(max_length=35)]


class Value(BaseModel):
    """A plain part of an event. Unknown fields are dropped, so that a newer emitter can say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Person(Value):
    """Who an event is about. `key` is the address in its comparable form (architecture §8)."""

    key: str
    email: str
    name: str
    zone: str
    locale: Locale = "en"
    company: str = ""


class Event(Value):
    """The head that all events share.

    `subject` is the row the event tells of and `revision` the count of its changes: a listener that knows a newer
    revision ignores an older one, because events arrive in any order. `occurred_at` is product time.
    """

    name: ClassVar[str]
    listeners: ClassVar[tuple[ServiceName, ...]]

    subject: UUID
    revision: int
    occurred_at: AwareDatetime

    def __init_subclass__(cls, name: str = "", to: tuple[ServiceName, ...] = (), **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if name:
            cls.name = name
            cls.listeners = to
            _EVENTS[name] = cls

    @property
    def emitter(self) -> str:
        """The service that publishes this event."""
        return self.name.split(".", 1)[0]

    @property
    def about(self) -> str | None:
        """The key of the one person this event is about, if it is about one.

        Nurture sends nothing to somebody while an event about them waits to be handled.
        """
        person = getattr(self, "person", None)
        return person.key if isinstance(person, Person) else None


_EVENTS: dict[str, type[Event]] = {}


def known_events() -> dict[str, type[Event]]:
    """All events by name, in order of their names."""
    return dict(sorted(_EVENTS.items()))


def named(name: str) -> type[Event] | None:
    """The event of this name, or None for one that this release does not know."""
    return _EVENTS.get(name)
