"""Reads and writes what cameras send: a folder a codec, with its parameter sets and packets. Pure but for decoding."""
