"""Every word of the letters that is ours and not the article's, in one place.

`N_` marks a message id for the translators; it is translated when a letter is written. Plain words, no exclamation
marks, a fact before an ask (look.md, Words).
"""

from __future__ import annotations

from services.nurture.domain.steps import Role

N_ = str

# The first line of a letter: what today's letter is about.
OPENINGS = {
    Role.POINT: N_("The short version of “%(title)s”, as you asked. First the point of it."),
    Role.DO: N_("Today the practical side: how it goes, step by step."),
    Role.SIGNS: N_("A short test today. Count what is true for you."),
    Role.CHOOSE: N_("Today the choice, side by side."),
    Role.COST: N_("Today the money, and where it is lost."),
    Role.SUMMARY: N_("The short version of “%(title)s”, as you asked, in one e-mail."),
}
OPENING_WITHOUT_TITLE = {
    Role.POINT: N_("The short version of the article, as you asked. First the point of it."),
    Role.SUMMARY: N_("The short version of the article, as you asked, in one e-mail."),
}
OPENING_OF_MISTAKES = N_("Today what goes wrong, and why.")
OPENINGS_OF_RECAP = {
    0: N_("This is the last of these e-mails."),
    1: N_("This is the last of these e-mails. The point of them, once more:"),
    2: N_("This is the last of these e-mails. Two things to keep from them:"),
    3: N_("This is the last of these e-mails. Three things to keep from them:"),
}
QUESTION_NEAREST = N_("Today the question that comes nearest to what you wrote to me.")
QUESTION_OFTEN_ASKED = N_("Today a question that I am often asked.")
OTHER_QUESTIONS = N_("Others that I hear:")

# How the first letter names the ones to come.
TOPICS = {
    Role.DO: N_("how it goes in practice"),
    Role.SIGNS: N_("how to tell whether you need it"),
    Role.CHOOSE: N_("how to choose"),
    Role.COST: N_("what it costs and returns"),
    Role.QUESTION: N_("a question that many ask"),
    Role.LAST: N_("a last word"),
}
TOPIC_OF_MISTAKES = N_("what goes wrong")
PLAN_ONE = N_("One more e-mail follows: %(topics)s. It ends when we speak, or when you say stop.")
PLAN_MORE = N_("%(count)s more follow over %(weeks)s: %(topics)s. They end when we speak, or when you say stop.")
LIST_AND = N_("%(first)s and %(last)s")
COUNTS = {2: N_("Two"), 3: N_("Three"), 4: N_("Four"), 5: N_("Five")}
WEEKS = {1: N_("one to two weeks"), 2: N_("two to three weeks"), 3: N_("three to four weeks")}

# The one request at the end.
READ_PART = N_("Read this part in full")
READ_ARTICLE = N_("Read the whole article")
ASK_SIGNS = N_("Which of these are true for you? Reply with their numbers. I read every answer.")
ASK_CHOICE = N_("Which one sounds like you? One line back is enough.")
ASK_QUESTION = N_("Which one is yours? Just reply.")
ASK_BOOK = N_("If this matters to you now, let us talk it through. Take a time that suits you.")
ASK_BOOK_COMPANY = N_("If this matters to %(company)s now, let us talk it through. Take a time that suits you.")
NOTHING_MORE = N_("If not now, there is nothing to do: I will stop writing about this.")
POSTSCRIPT = N_("P.S. If you would rather talk about it: %(minutes)s minutes, %(price)s.")
POSTSCRIPT_WITHOUT_PRICE = N_("P.S. If you would rather talk about it, %(minutes)s minutes are enough.")
BOOK = N_("Choose a time (%(minutes)s minutes, %(price)s)")
BOOK_WITHOUT_PRICE = N_("Choose a time (%(minutes)s minutes)")
BOOK_QUIETLY = N_("Choose a time")

# Subjects for roles whose heading in the article makes none. The article's own words go first.
SUBJECTS = {
    Role.POINT: (N_("The short version, as you asked"),),
    Role.IDEA: (N_("One idea worth two minutes"), N_("One more idea from the article"), N_("A third idea to keep")),
    Role.DO: (N_("How it goes, step by step"),),
    Role.SIGNS: (N_("Which of these are true for you?"),),
    Role.CHOOSE: (N_("The choice, side by side"),),
    Role.COST: (N_("What it costs, what it returns"),),
    Role.QUESTION: (N_("A question that I am often asked"),),
    Role.LAST: (N_("The last of these e-mails"),),
    Role.SUMMARY: (N_("The short version, as you asked"),),
}
SUBJECT_OF_MISTAKES = N_("What goes wrong, and why")

PREHEADERS = {
    Role.POINT: N_("The point of it in two minutes, and what comes in the next weeks."),
    Role.IDEA: N_("One idea from the article, short enough for a coffee."),
    Role.DO: N_("What happens first and what follows, in a few lines."),
    Role.SIGNS: N_("A list to count for yourself. It takes half a minute."),
    Role.CHOOSE: N_("The options next to each other, and when each one fits."),
    Role.COST: N_("Where the money goes, and where it comes back."),
    Role.QUESTION: N_("The answer in a few lines, and room for your own question."),
    Role.LAST: N_("What to keep from all of them. After this one I stop."),
    Role.SUMMARY: N_("The whole of it in a few lines, with a link to the rest."),
}

# Parts of a letter around the step.
GREETING = N_("%(name)s,")
GREETING_WITHOUT_NAME = N_("Hello,")
WHY = N_("You get this because on %(date)s you asked for it: “%(box)s”.")
STOP = N_("Stop these e-mails")
