"""Webhooks: every signal in, every event out.

Owns: raw provider events, endpoints, deliveries and their attempts. Emits: `mail_feedback_received`,
`endpoint_changed`. Listens to: `person_erased`, which it applies to all of that, and every public event of booking and
nurture, to deliver it outward to the endpoints that asked for it.
"""
