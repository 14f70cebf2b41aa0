"""RTP and RTCP as cameras send them: packets, numbering, order, reports. Pure; stands on errors alone."""
