"""What the tests of nurture share beside the fixtures of all tests."""

from tests.furnished import furnished, house

__all__ = ["furnished", "house"]
