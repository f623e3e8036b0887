"""Booking: the advisor's time, what people ask for, and the calls that come of it.

Owns (schema `booking`): the advisor's profile, call types, weekly hours, asks, claims on the advisor's time, calls and
the mail about them. Owns (schema `access`): accounts, sessions, API tokens, audit.
Emits: contact_requested, mentorship_requested, ask_answered, call_requested, call_declined, call_booked,
call_rescheduled, call_cancelled, call_completed, call_missed, profile_changed, erasure_asked.
Listens to: mail_feedback_received, article_published, person_erased, endpoint_changed.
"""
