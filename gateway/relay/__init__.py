"""One camera in, many viewers out: packetise once, keep the GOP, know each frame's capture time. Nothing is decoded here."""
