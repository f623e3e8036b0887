"""Nurture: an article becomes a short sequence of letters, and readers get it until they book or say stop.

Owns (schema `nurture`): articles, sequence versions, leads, consent, suppression, enrolments, and the letters' mail.
Emits: lead_captured, lead_unsubscribed, sequence_finished, article_published, person_erased.
Listens to: what booking tells of asks, calls, the profile and erasures; mail_feedback_received.
"""
