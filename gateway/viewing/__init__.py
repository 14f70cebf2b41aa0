"""Binds media sessions to grants: a token opens and renews a session, the end of its grant ends it, all on record.

No other package knows both the media and the permissions. This one has no HTTP, no policy and no packets.
"""
