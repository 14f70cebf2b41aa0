"""One camera in, many viewers out: packetised once, kept since the keyframe, dated. Nothing is decoded here."""
