"""What tests of mail ask for: a post office whose every change of a state is held against the table of transitions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.installation import Installation
from tests.shared.post_office import PostOffice, allowed_changes, changes_of, watch_states


@pytest.fixture
def office(installation: Installation) -> Iterator[PostOffice]:
    """Booking's mail with a sender of the test's own. Pauses after a failure are long: nothing is tried twice."""
    timings = installation.settings.timings.model_copy(update={"mail_backoff": 60})
    watch_states(installation)
    yield PostOffice(installation.with_settings(timings=timings))
    assert changes_of(installation) <= allowed_changes()
