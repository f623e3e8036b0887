"""What the tests of webhooks share beside the fixtures of all tests."""

from tests.furnished import furnished, house, quiet_house

__all__ = ["furnished", "house", "quiet_house"]
