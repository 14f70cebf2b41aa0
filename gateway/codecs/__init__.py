"""What cameras send, one folder a codec: parameter sets, depacketizer, packetizer. Pure; stands on rtp and errors."""
