"""The whole story: somebody is known everywhere, is forgotten, and nothing but a keyed digest is left of them."""

from __future__ import annotations

from services.booking.usecases.erase import Left
from shared.security import suppression_hash
from tests.fakes.endpoint import FakeEndpoint
from tests.installation import Installation
from tests.record.people import ANA, HER_WORDS, forget, meet, traces


def test_nothing_is_left_of_a_person_but_a_keyed_digest(house: Installation) -> None:
    with FakeEndpoint("whsec_" + "A" * 43 + "=") as endpoint:
        meet(house, endpoint=endpoint.url)
    known = traces(house)
    assert {word for _, word in known} == set(HER_WORDS), "each of her words was kept somewhere"
    assert len({column for column, _ in known}) > 25
    assert forget(house) == Left(asks=2, calls=1, entries=0)
    assert traces(house) == []
    digest = suppression_hash(house.settings, ANA)
    kept = {column for column, _ in traces(house, digest)}
    assert kept == {
        "booking.erased.digest",
        "nurture.erased.digest",
        "nurture.lead.digest",
        "nurture.suppression.digest",
        "webhooks.erased.digest",
    }
