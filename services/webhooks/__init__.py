"""Webhooks: every signal in, every event out.

Owns: raw provider events, endpoints, deliveries and their attempts. Emits: `mail_feedback_received`. Listens to: every
public event of booking and nurture, to deliver it outward to the endpoints that asked for it.
"""
