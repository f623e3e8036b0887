"""What an advisor or a visitor can cause here. Each error says what is the matter and what to do about it."""

from __future__ import annotations


class NurtureError(Exception):
    """Something that nurture was asked cannot be done. The text is meant to be shown."""


class ArticleError(NurtureError):
    """An article cannot be read as it is.

    `what` is the fact, `fix` the way on; together they are the text.
    """

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(f"{what} {fix}")
        self.what = what
        self.fix = fix


class EmptyArticle(ArticleError):
    """There is no text in it."""

    def __init__(self) -> None:
        super().__init__("There is no text in this article.", "Give a file with a title and at least one paragraph.")


class ArticleTooLong(ArticleError):
    """More text than any article has: mostly a whole site, a book, or a page with pictures inside it."""

    def __init__(self, *, characters: int, most: int) -> None:
        super().__init__(
            f"This has {characters:,} characters; an article may have {most:,}.",
            "Give the article alone, without the page around it.",
        )


class ArticleNestedTooDeep(ArticleError):
    """HTML that puts elements into elements beyond any sense."""

    def __init__(self, *, most: int) -> None:
        super().__init__(
            f"Its HTML nests elements more than {most} deep.",
            "Copy the article from the browser as text, or export it as Markdown.",
        )


class NotText(ArticleError):
    """Bytes of something else: a picture, a PDF, a word processor's file."""

    def __init__(self) -> None:
        super().__init__(
            "This is not a text file.", "Save the article as Markdown, HTML or plain text in UTF-8 and give that."
        )


class FrontMatterWrong(ArticleError):
    """A line between the `---` lines at the top says something that cannot be used."""

    def __init__(self, *, key: str, value: str, looks_like: str) -> None:
        super().__init__(
            f"The line “{key}: {value[:60]}” at the top cannot be used.", f"It looks like “{key}: {looks_like}”."
        )


class UnknownZone(NurtureError):
    """A zone name that the time zone database does not have."""

    def __init__(self, zone: str) -> None:
        super().__init__(f"There is no time zone “{zone[:60]}”. Give an IANA name, such as Europe/Berlin.")
