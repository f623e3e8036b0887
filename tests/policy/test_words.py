"""Words: whatever a visitor reads on a page went through the catalogue, or is somebody's own text.

The catalogue is replaced by one that puts every message between ⟦ and ⟧. What stands outside them must be data.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import available_timezones

import pytest
from babel.dates import get_day_names, get_month_names
from bs4 import BeautifulSoup, Comment, Doctype
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BaseLoader, Environment
from sqlalchemy import select

from services.booking.app import create_app as booking_app
from services.booking.domain.calendar_accounts import PROVIDERS, Access
from services.booking.domain.limits import Limit, Per, Unit
from services.booking.domain.public_holidays import next_holidays
from services.booking.domain.requests import GuestRequest
from services.booking.domain.rules import Dates, Stay, WeeklyWindow, Window
from services.booking.domain.states import CallState
from services.booking.models import Ask, Calendar, Call, CallType
from services.booking.routes.region_names import regions_by_name
from services.booking.usecases.absences import add_away, add_travel, set_holidays, set_limits
from services.booking.usecases.ask import ask_by_contact, ask_for_mentorship
from services.booking.usecases.blocklist import block
from services.booking.usecases.book import book_call
from services.booking.usecases.calendars import By, connect
from services.booking.usecases.change import Change, cancel_call, move_call
from services.booking.usecases.feeds import make_feed
from services.booking.usecases.guests import add_guests
from services.booking.usecases.hours import create_schedule, set_dates, set_weekly_hours
from services.booking.usecases.hours_room import schedule_shown
from services.booking.usecases.propose import propose_times, take_counter
from services.booking.usecases.set_up import open_console
from services.booking.usecases.sign_in import sign_in
from services.nurture.app import create_app as nurture_app
from shared import i18n
from shared.clock import machine_now
from shared.web.guards import SESSION_COOKIE
from tests import builders
from tests.builders import a_booking, a_question, a_visitor, a_wish_for_mentorship
from tests.installation import START, Installation
from tests.policy.sources import ROOT

TUESDAY = START.replace(day=8, hour=9)
# What browsers show or read aloud beside the text.
SPOKEN = ("aria-label", "title", "alt", "placeholder", "data-sending")
PASSWORD = "a first password"
# Times of the rooms of hours, refused by notice, busy, override, absence, nothing, a holiday and the horizon.
OF_EACH_RULE = [f"2026-12-{day:02}" for day in (7, 8, 12, 15, 18, 21, 25)] + ["2027-06-01"]
# The API is described in its document, in English, and only there.
OF_PAGES = {"/api/docs": (ROOT / "services/booking/static/openapi.json").read_text(encoding="utf-8")}


class Visits:
    """Every page of the three apps that a person can come to, and what each one says."""

    def __init__(self, house: Installation) -> None:
        self.house = house
        self.used: set[str] = set()
        self.booking = self._watched(booking_app(house.booking))
        self.nurture = self._watched(nurture_app(house.nurture))
        self._happen()

    def pages(self) -> Iterator[tuple[str, str]]:
        """Each page's address and its HTML."""
        for address in self._addresses():
            browser = self.nurture if address.startswith(("/u/", "/articles/")) else self.booking
            yield address, browser.get(address).get_data(as_text=True)
        token = self._token(self.booking, "/contact")
        for path, form in (
            ("/contact", {"email": "not an address"}),
            ("/mentorship", {"name": "Ana Lima"}),
            ("/book/intro", {"name": "Ana Lima", "start": "2026-12-08T09:00:00Z", "timezone": "Europe/Berlin"}),
            (f"/call/{self.call}/cancel", {"reason": "x" * 5000}),
            (f"/call/{self.call}/guests", {"guests": "not an address"}),
            (f"/call/{self.call}/late", {"minutes": "7"}),
            (f"/times/{self.times}", {"start": ""}),
            ("/console/signin", {"email": "eve@evil.test", "password": "wrong"}),
            ("/console/people", {"email": "nobody"}),
            ("/console/people/erase", {"email": "ana@reader.test", "again": "ben@reader.test"}),
            ("/console/password", {"old": "wrong", "new": "short"}),
            ("/console/calendars/new/address", {"url": "ftp://elsewhere.test"}),
            ("/console/calendars/new/account", {"url": "http://no ra@elsewhere.test", "username": "no:ra"}),
            (f"/console/calendars/{self.sources['found']}/access", {"url": "https://other.test", "username": "nora"}),
            ("/console/feeds", {"kind": "moon", "label": "x" * 5000}),
            ("/console/blocked", {"pattern": "*"}),
            ("/console/away", {"away_first": "soon"}),
            ("/console/limits/intro", {"limit-intro-calls-day": "many"}),
            ("/console/zone", {"zone": "nowhere"}),
            ("/console/advisor", {"name": "", "email": "nobody", "organizer": "moon"}),
            ("/console/advisor", {"email": "nora@elsewhere.test", "organizer": "advisor"}),
            ("/console/calls/new", {"start": "2026-12-08T12:00", "timezone": "nowhere", "call_type": "intro"}),
            (f"/console/calls/{self.ids['booked']}/move", {"start": "soon"}),
            (f"/console/calls/{self.ids['booked']}/times", {"start": ["2026-12-08T12:00"] * 4}),
            (f"/console/calls/{self.ids['booked']}/guests", {"guests": "not an address"}),
            (f"/console/calls/{self.ids['pending']}/decline", {"reason": "x" * 5000}),
            (f"/console/asks/{self.ids['ask']}/times", {"start": "", "call_type": "intro"}),
            (f"/console/hours/{self.schedule}/week", {"monday": "soon"}),
            (f"/console/hours/{self.schedule}/dates", {"dates_more": "soon"}),
        ):
            answer = self.booking.post(path, data={**form, "csrf_token": token})
            assert answer.status_code in (403, 409, 422), (path, answer.status_code)
            yield f"POST {path}", answer.get_data(as_text=True)
        for email in ("ana@reader.test", "nobody@reader.test"):
            found = self.booking.post("/console/people", data={"email": email, "csrf_token": token})
            yield f"POST /console/people {email}", found.get_data(as_text=True)
        for email in ("nora@advisor.test", "eve@evil.test"):
            form = {"email": email, "again": email, "csrf_token": token}
            erased = self.booking.post("/console/people/erase", data=form)
            yield f"POST /console/people/erase {email}", erased.get_data(as_text=True)
        for state in ("lapsed", "declined"):
            path = f"/console/calls/{self.ids[state]}/confirm"
            yield f"POST {path}", self.booking.post(path, data={"csrf_token": token}).get_data(as_text=True)
        yield "/console/audit", self.booking.get("/console/audit").get_data(as_text=True)
        for path, form in (
            ("/book/intro", {"another": "yes", "start": "2026-12-08T10:00:00Z"}),
            (f"/verify/{self.lapsed}", {}),
        ):
            yield f"POST {path}", self.booking.post(path, data={**form, "csrf_token": token}).get_data(as_text=True)
        yield "POST without a form", self.booking.post("/contact").get_data(as_text=True)
        yield "POST /u", self.nurture.post(f"/u/{self.lead}").get_data(as_text=True)
        yield f"/u/{self.lead} again", self.nurture.get(f"/u/{self.lead}").get_data(as_text=True)

    def _addresses(self) -> list[str]:
        return [
            *("/", "/contact", "/mentorship", "/nowhere", f"/sent/{self.question}", f"/sent/{self.wish}"),
            *("/book/intro", "/book/strategy?zone=Asia/Kathmandu&month=2027-01", "/book/nothing"),
            *("/book/intro?start=2026-12-08T10:00:00Z", "/book/intro?day=2026-12-12"),
            *(f"/call/{self.call}", f"/call/{self.call}/move", f"/call/{self.call}?just=booked"),
            *(f"/times/{self.times}", f"/times/{self.replaced}", f"/call/{self.call}?just=late"),
            *("/book/group", "/book/group?start=2026-12-08T10:00:00Z", "/book/wary?day=2027-01-01", "/book/hidden"),
            *("/book/wary?minutes=60&start=2027-01-12T10:00:00Z", "/book/wary?start=2026-12-12T10:00:00Z"),
            *("/book/intro?start=2026-12-12T10:00:00Z", "/book/intro?lost=yes&start=2026-12-12T10:00:00Z"),
            *(f"/verify/{self.verify}", f"/verify/{self.lapsed}"),
            *(f"/call/{token}" for token in self.states),
            *(f"/call/{self.call}?just=moved", f"/call/{self.cancelled}", f"/call/{self.cancelled}?just=cancelled"),
            *(
                "/console/signin",
                "/console",
                "/console?said=answered",
                "/console/password",
                "/console/people",
                f"/console/mails/{self.mail}",
            ),
            *(
                "/console/calls",
                "/console/calls?said=call_moved",
                "/console/calls?q=ana",
                "/console/calls?state=nowhere",
            ),
            *("/console/calls/new", f"/console/calls/new?call_type=wary&for={self.ids['booked']}"),
            *(f"/console/calls/{call}" for name, call in self.ids.items() if name != "ask"),
            f"/console/calls/{self.ids['missed']}?said=call_missed",
            f"/console/asks/{self.ids['ask']}/times",
            *("/console/settings", "/console/call-types/intro", "/console/call-types/new"),
            *(
                "/console/calendars",
                "/console/calendars?said=reading",
                "/console/blocked",
                "/console/blocked?said=blocked",
            ),
            *("/console/calendars/new/address", "/console/calendars/new/account"),
            *(f"/console/calendars/{source}" for source in self.sources.values()),
            f"/console/calendars/{self.sources['found']}?said=saved",
            *("/console/advisor", "/console/advisor?said=saved"),
            *("/console/hours", "/console/hours?said=zone", f"/console/hours/{self.schedule}", "/console/why"),
            *(f"/console/why?date={day}&time=12:00" for day in OF_EACH_RULE),
            "/console/why?date=2026-12-08&time=10:10&call=strategy:45",
            "/api/docs",
            *(f"/u/{self.lead}", "/u/nobody", "/articles/part-time-data-lead", "/articles/nothing"),
        ]

    def _happen(self) -> None:
        """Somebody asks, somebody wants mentorship, and two calls are booked, one of which is cancelled."""
        with self.house.booking.sessions.begin() as session:
            open_console(session, "nora@advisor.test", PASSWORD, now=START)
            self.question = ask_by_contact(session, a_question(), now=START).token
            wish = ask_for_mentorship(
                session, a_wish_for_mentorship(visitor=a_visitor("Ben", "ben@reader.test")), now=START
            )
            self.wish = wish.token
        with self.house.booking.sessions.begin() as session:
            call = book_call(session, a_booking(TUESDAY), uid_domain="firstcall.test", now=START)
            gone = book_call(session, a_booking(TUESDAY.replace(hour=12)), uid_domain="firstcall.test", now=START)
            self.call, self.cancelled = call.token, gone.token
        with self.house.booking.sessions.begin() as session:
            cancel_call(session, self.cancelled, Change("advisor", "I am ill"), now=START)
        self.house.work()
        with self.house.booking.sessions.begin() as session:
            later = [TUESDAY + timedelta(hours=hours) for hours in (1, 2, 14)]
            self.replaced = propose_times(session, call.id, later, "I am ill", now=START).token
            self.times = propose_times(session, call.id, later[1:], "", now=START).token
            book_call(session, a_booking(later[1]), uid_domain="firstcall.test", now=START)
        self.house.run(
            "WITH a AS (INSERT INTO booking.calendar_account (kind, name, url, created_at)"
            " VALUES ('ics', 'Ben', '', '2020-01-01') RETURNING id)"
            " INSERT INTO booking.calendar (account_id, name, url, url_digest, error)"
            " SELECT id, 'Ben', '', digest, error FROM a, (VALUES ('1', 'too_much'), ('2', NULL)) AS c (digest, error)"
        )
        [(self.lead,)] = self.house.rows("SELECT token FROM nurture.lead")
        self.mail = self.house.rows("SELECT id FROM booking.message WHERE kind = 'call_booked' LIMIT 1")[0][0]
        self.house.run("UPDATE booking.message SET state = 'parked' WHERE id = :id", id=self.mail)
        self.sources = _connect(self.house)
        self._come_to_every_state()
        self._happen_to_calls()
        with self.house.booking.sessions.begin() as session:
            cookie = sign_in(session, "nora@advisor.test", PASSWORD, machine=machine_now())
        self.booking.set_cookie(SESSION_COOKIE, cookie, path="/console")
        self._keep_hours()

    def _happen_to_calls(self) -> None:
        """A call with a history, a time that a calendar proposes instead, a group call, and an ask to answer."""
        booking, later = self.house.booking.sessions, datetime(2027, 1, 13, 9, tzinfo=UTC)
        guest = GuestRequest("", "ben@reader.test", "ben@reader.test")
        with booking.begin() as session:
            call = session.scalars(select(Call).where(Call.token == self.call)).one()
            add_guests(session, call.token, [guest], now=START)
            moved = book_call(session, a_booking(later), uid_domain="firstcall.test", now=START)
            move_call(session, moved.token, later + timedelta(hours=1), Change("prospect", "I am ill"), now=START)
            end = later + timedelta(hours=13)
            take_counter(session, moved.id, later + timedelta(hours=12), end, sequence=1, message="I am ill", now=START)
            seats = [a_visitor("Ana Lima", "ana@reader.test"), a_visitor("Ben", "ben@reader.test")]
            for visitor in seats:
                wish = a_booking(later + timedelta(hours=3), call_type="group", visitor=visitor)
                seat = book_call(session, wish, uid_domain="firstcall.test", now=START, by_advisor=True)
            ask = session.scalars(select(Ask.id).where(Ask.token == self.question)).one()
            self.ids |= {"booked": call.id, "moved": moved.id, "seat": seat.id, "ask": ask}
        self.house.run(
            "UPDATE booking.call SET answer = 'accepted', answer_stamp = created_at WHERE token = :t", t=self.call
        )

    def _keep_hours(self) -> None:
        """The advisor's hours with something of each kind, and a call that stands outside of them."""
        with self.house.booking.sessions.begin() as session:
            book_call(session, a_booking(TUESDAY + timedelta(days=10)), uid_domain="firstcall.test", now=START)
            self.schedule = create_schedule(session, "Evenings", now=START)
            standard = schedule_shown(session, None).id
            set_weekly_hours(session, self.schedule, [WeeklyWindow((1, 7), 1200, 60, crosses_midnight=True)], now=START)
            set_dates(session, standard, [date(2026, 12, 4)], [], now=START)
            set_dates(session, standard, [date(2026, 12, 21), date(2026, 12, 22)], [Window(600, 660)], now=START)
            add_away(session, Dates(date(2026, 12, 18), date(2026, 12, 18)), "I am ill", now=START)
            add_travel(session, Stay(date(2026, 12, 15), date(2026, 12, 16), "Asia/Kathmandu"), now=START)
            set_holidays(session, "DE-BE", now=START)
            set_limits(session, None, [Limit(Per.WEEK, Unit.MINUTES, 600), Limit(Per.DAY, Unit.CALLS, 20)], now=START)

    def _come_to_every_state(self) -> None:
        """Call types with all that a call type can be, and a call in each state."""
        wary = {"confirmation": "free_mail", "verify_email": True, "other_minutes": [60], "location_kind": "phone_out"}
        types = [
            builders.a_call_type(
                "wary", name="Intro call", pay_url="https://pay.advisor.test/", price_text="€ 180", **wary
            ),
            builders.a_call_type("group", name="Intro call", seats=8),
            builders.a_call_type("hidden", name="Intro call", access="link"),
        ]
        with self.house.booking.sessions.begin() as session:
            session.add_all(CallType(**row) for row in types)
            add_away(session, Dates(date(2026, 12, 7), date(2026, 12, 7)), "I am ill", now=START)
        starts = [datetime(2027, 1, day, hour, tzinfo=UTC) for day in (11, 12) for hour in range(9, 15)]
        calls = {}
        with self.house.booking.sessions.begin() as session:
            for state, start in zip(CallState, starts, strict=False):
                wish = a_booking(start, call_type="wary", phone="+49 30 1234567")
                calls[state] = book_call(session, wish, uid_domain="firstcall.test", now=START)
        for state, call in calls.items():
            self.house.run("UPDATE booking.call SET state = :state WHERE id = :id", state=state, id=call.id)
        self.states = [call.token for call in calls.values()]
        self.ids: dict[str, UUID] = {str(state): call.id for state, call in calls.items()}
        self.verify, self.lapsed = (calls[CallState(state)].verify_token for state in ("unverified", "lapsed"))

    def _watched(self, app: Flask) -> FlaskClient:
        loader = app.jinja_env.loader
        assert loader is not None
        app.jinja_env.loader = _Noting(loader, self.used)
        return app.test_client()

    def _token(self, browser: FlaskClient, address: str) -> str:
        [field] = BeautifulSoup(browser.get(address).data, "html.parser").select("input[name=csrf_token]")
        return str(field["value"])


def _connect(house: Installation) -> dict[str, UUID]:
    """Calendars in all their states, addresses to subscribe to, and somebody who is blocked. The sources' ids."""
    by = By("nora@advisor.test", START, machine_now())
    names = {"unread": "ics", "fresh": "ics", "gone": "ics", "sought": "caldav", "found": "caldav", "failed": "caldav"}
    with house.booking.sessions.begin() as session:
        given = {name: Access(name, f"https://{name}.elsewhere.test/dav", "nora", "secret") for name in names}
        made = {name: connect(session, house.settings, kind, given[name], by=by).id for name, kind in names.items()}
        for kind in ("calls", "free_busy"):
            make_feed(session, kind, "phone", now=START)
        block(session, "@elsewhere.test", "sells leads", actor="nora@advisor.test", now=START)
        for name, written in (("found", True), ("work", False)):
            values = {"url": "", "url_digest": name, "is_read": not written, "is_written": written}
            session.add(Calendar(account_id=made["found"], name=name, is_writable=written, **values))
    for statement in (
        "UPDATE booking.calendar_account SET state = 'done', found_at = now() WHERE name = 'found'",
        "UPDATE booking.calendar_account SET state = 'parked', error = 'password' WHERE name = 'failed'",
        "UPDATE booking.calendar SET read_at = now() - interval '4 minutes' WHERE name = 'fresh'",
        "UPDATE booking.calendar SET read_at = now() - interval '1 day', error = 'gone' WHERE name IN ('gone', 'work')",
    ):
        house.run(statement)
    return made


class _Noting(BaseLoader):
    """A loader that writes down which files it was asked for."""

    def __init__(self, loader: BaseLoader, used: set[str]) -> None:
        self._loader, self._used = loader, used

    def get_source(self, environment: Environment, template: str) -> object:  # type: ignore[override]
        source, path, fresh = self._loader.get_source(environment, template)
        self._used.add(str(path))
        return source, path, fresh


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalogue that marks what it was asked for."""
    catalogue = i18n.translations("en")
    monkeypatch.setattr(catalogue, "gettext", lambda message: f"⟦{message}⟧")
    monkeypatch.setattr(catalogue, "ngettext", lambda one, many, count: f"⟦{one if count == 1 else many}⟧")


def test_every_word_on_a_page_is_in_the_catalogue_or_is_data(house: Installation, marked: None) -> None:
    data = _data()
    found = {}
    for address, html in Visits(house).pages():
        own = data | _words(builders.ARTICLE if address.startswith("/articles/") else OF_PAGES.get(address, ""))
        if bare := sorted({word for text in _read(html) for word in _words(_outside(text))} - own):
            found[address] = bare
    assert found == {}


def test_the_marks_are_on_every_page(house: Installation, marked: None) -> None:
    for address, html in Visits(house).pages():
        assert html.count("⟦") >= 5, address


def test_every_template_is_shown_to_somebody(house: Installation) -> None:
    visits = Visits(house)
    assert len(list(visits.pages())) > 30
    files = [*ROOT.glob("services/*/templates/**/*.html"), *ROOT.glob("shared/ui/templates/**/*.html")]
    assert len(files) >= 18
    assert {str(path) for path in files} - visits.used == set()


def test_a_word_outside_the_catalogue_is_found() -> None:
    html = "<p>Hello ⟦there, ⟦you⟧⟧ Nora</p><img alt='Portrait'><script>var x</script><!-- note -->"
    assert {word for text in _read(html) for word in _words(_outside(text))} == {"hello", "nora", "portrait"}


def _read(html: str) -> Iterator[str]:
    """What a page says: its text, and what is spoken of it."""
    page = BeautifulSoup(html, "html.parser")
    # What is set as code is to be copied: an address, an id.
    for tag in page.find_all(["script", "style", "svg", "code"]):
        tag.decompose()
    # In one piece: a message may begin before a link and end after it.
    yield "\n".join(str(text) for text in page.find_all(string=True) if not isinstance(text, Comment | Doctype))
    for tag in page.find_all(True):
        yield from (str(tag[name]) for name in SPOKEN if tag.has_attr(name))


def _outside(text: str) -> str:
    """The text without what stands between marks, however deep they lie in one another."""
    depth, kept = 0, []
    for letter in text:
        depth += letter == "⟦"
        if depth == 0:
            kept.append(letter)
        depth -= letter == "⟧"
    return "".join(kept)


def _words(text: str) -> set[str]:
    return {word.lower() for word in re.findall(r"[^\W\d_]{2,}", text)}


def _data() -> set[str]:
    """What people typed, the advisor's own words, and what Babel and the zone database call things."""
    texts = [str(builders.ADVISOR), str(builders.call_types()), "What a part-time data lead does"]
    texts += [str(vars(one)) for one in (a_visitor(), a_question(), a_wish_for_mentorship(), a_booking(TUESDAY))]
    texts += ["Ben ben@reader.test eve@evil.test not an address I am ill", "x" * 5000]
    # The trail shows what changed as it was written down.
    texts += ["reason: other, asks: 0, calls: 0, entries: 0"]
    texts += ["name: unread fresh gone sought found failed work kind: ics caldav", "https://elsewhere.test/dav nora"]
    texts += [
        "sells leads",
        "phone",
        "minutes",
        "ftp",
        "moon",
        "nowhere",
        "http://firstcall.test/book",
        *(provider.url for provider in PROVIDERS),
    ]
    texts += [zone.replace("_", " ") for zone in available_timezones()]
    # Countries, their parts and their holidays are called what the libraries call them.
    texts += [name for _, name in [*regions_by_name("DE", "en"), *next_holidays("DE-BE", START.date(), 40)]]
    texts += ["Working hours", "Evenings"]
    for width in ("wide", "abbreviated"):
        texts += [*get_month_names(width, locale="en_GB").values(), *get_day_names(width, locale="en_GB").values()]
    return {word for text in texts for word in _words(text)}
