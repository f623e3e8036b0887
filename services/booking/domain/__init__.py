"""Booking's rules, as plain functions over frozen values. Nothing here reads a clock, a row or a network."""
