"""RTP and RTCP as cameras send them: packets, numbering, order, reports. Pure; depends only on ``errors``."""
