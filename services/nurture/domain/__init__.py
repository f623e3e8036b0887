"""Nurture's rules: articles, the sequences compiled from them, letters, times and states. No I/O, no clock, no rows."""
