"""What cameras send, one folder a codec: parameter sets, depacketizer, packetizer. Pure but for decoding."""
