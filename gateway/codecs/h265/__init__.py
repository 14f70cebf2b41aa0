"""H.265 (ITU-T H.265, RFC 7798). Pure."""
