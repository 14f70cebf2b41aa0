"""Reads and writes what cameras send. One folder per codec holds its parameter sets and packets. Pure, except for
decoding."""
