"""What the three web services share: the app they start from, guards, problem answers, template tools."""
