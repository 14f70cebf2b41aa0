"""Translates the HTTP requests of docs/protocol.md to and from the services. Routes decide nothing."""
