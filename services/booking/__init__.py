"""Booking: the advisor's time, what people ask for, and the calls that come of it.

Owns (schema `booking`): the advisor's profile, call types, schedules and what differs from them, asks, claims on the
advisor's time, calls, group calls, guests, proposals, private links, blocked addresses, connected calendars, feeds, and
the mail about them. Owns (schema `access`): accounts, sessions, API tokens, audit.
Emits: contact_requested, mentorship_requested, ask_answered, call_requested, call_booked, call_rescheduled,
call_cancelled, call_declined, call_completed, call_missed, availability_changed, call_type_changed, profile_changed,
erasure_asked.
Listens to: calendar_reply_received, mail_feedback_received, article_published, person_erased, endpoint_changed.
"""
