"""The gateway's RTSP 1.0 client (RFC 2326): sockets, timers and TLS for one connection to one camera. What messages
mean is decided in ``protocol``, never here."""
