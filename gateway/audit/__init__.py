"""Keeps the record of every access, refusal, trigger, acknowledgement and close. No entry is ever changed."""
