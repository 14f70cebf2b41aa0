"""The HTTP routes of docs/protocol.md. Translate; decide nothing."""
