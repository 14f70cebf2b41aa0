"""The gateway's RTSP 1.0 client (RFC 2326): a sans-IO core (protocol, auth, sdp) and one thin shell with sockets
(client)."""
