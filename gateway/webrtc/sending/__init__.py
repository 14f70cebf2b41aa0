"""One viewer's RTP: what is sent to them, when, and what their RTCP says of it."""
