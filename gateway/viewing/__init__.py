"""Binds a media session to a grant: a token opens and renews it, it ends with the grant, and all of it is recorded.

No other package knows both the media and the permissions. This one has no HTTP, no policy and no packets.
"""
