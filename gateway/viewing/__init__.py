"""Binds a media session to a grant: opened by a token, renewed by a token, ended with the grant, and recorded.

The only package that knows both the media and the permission. No HTTP here, no policy, no packets.
"""
