"""Establishes who a person is: signing keys, tokens, sign-ins, invitations. It decides nothing about cameras."""
