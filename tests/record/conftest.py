"""What the tests of a person's record share beside the fixtures of all tests."""

from tests.furnished import furnished, house, quiet_house

__all__ = ["furnished", "house", "quiet_house"]
