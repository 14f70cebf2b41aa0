"""Relays one camera to many viewers: pictures are packetised once, kept since the keyframe, and dated. Nothing is
decoded here."""
