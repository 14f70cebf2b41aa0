"""Who you are: signing keys, tokens, sign-in sessions, invitations. Decides nothing about cameras."""
