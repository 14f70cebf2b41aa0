"""Establishes who somebody is: signing keys, tokens, sign-ins, invitations. It decides nothing about cameras."""
