"""From a mail's row to the mail: read what the letter tells of, write it, add the calendar object.

Asked once per mail, at its claim; the claim has made sure that the mail is still wanted.
"""

from services.booking.usecases.render.copies import Copies
from services.booking.usecases.render.places import Place, location_of, place_of
from services.booking.usecases.render.readers import To
from services.booking.usecases.render.renderer import Renderer
from services.booking.usecases.render.wanted import unwanted
from services.booking.usecases.render.words import answers_of, came_by, own_words_of, told_before, who_of, words_of

__all__ = [
    "Copies",
    "Place",
    "Renderer",
    "To",
    "answers_of",
    "came_by",
    "location_of",
    "own_words_of",
    "place_of",
    "told_before",
    "unwanted",
    "who_of",
    "words_of",
]
