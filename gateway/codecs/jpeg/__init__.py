"""JPEG (RFC 2435). Pure."""
