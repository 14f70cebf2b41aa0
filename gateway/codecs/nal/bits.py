"""Reads the bit-level syntax of H.264 and H.265: raw byte sequence payloads and their Exp-Golomb codes. Pure."""

from gateway.errors import Malformed


class Bits:
    """Reads ``data`` from the front, without its emulation prevention (ITU-T H.264 7.4.1, 9.1; H.265 7.4.2, 9.2).

    Every method raises ``Malformed`` at the end of the data.
    """

    def __init__(self, data: bytes) -> None:
        data = data.replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(data, "big")
        self._left = len(data) * 8

    def read(self, count: int) -> int:
        """Return the next ``count`` bits as a number, u(n)."""
        self._left -= count
        if self._left < 0:
            raise Malformed("a parameter set is cut off")
        return self._value >> self._left & (1 << count) - 1

    def unsigned(self) -> int:
        """Return the next ue(v)."""
        zeros = 0
        while not self.read(1):
            zeros += 1
            if zeros > 31:
                raise Malformed("a parameter set contains a number of more than 32 bits")
        return (1 << zeros) - 1 + self.read(zeros)

    def signed(self) -> int:
        """Return the next se(v)."""
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)
