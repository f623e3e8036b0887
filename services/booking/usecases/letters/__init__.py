"""What booking's mails say. Each letter is a function from what happened to a `Letter`, in the reader's language.

A fact before an ask, first person, no exclamation marks (the words of the house). Nothing here sends or decides.
"""
