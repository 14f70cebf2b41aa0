"""The record of every access, refusal, trigger, acknowledgement and close. Append only."""
