"""Sending what the outbox holds, through SMTP."""
