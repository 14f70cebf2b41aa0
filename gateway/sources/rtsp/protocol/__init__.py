"""The core of the RTSP 1.0 client (RFC 2326): bytes and times in, bytes and events out. Pure."""
