"""Writes and reads the time code in the picture: capture time as a row of black and white cells that survives coarse
H.264.

The geometry is for a picture of ``W`` by ``H`` pixels; all divisions round down. The row lies at the bottom edge and is
``H // 20`` pixels high, from ``y = H - H // 20`` to ``H``. Above it, a black margin of ``H // 90`` pixels keeps the
scene away. The row has 64 cells: cell ``i`` spans ``x = i * W // 64`` to ``(i + 1) * W // 64``. White is 1.

=========  =====================================================================
cells      meaning
=========  =====================================================================
0 to 3     start marker 1 0 1 0
4 to 51    milliseconds since 1970-01-01T00:00:00Z, 48 bits, most significant first
52 to 59   CRC-8 of those six bytes (polynomial 0x07, initial value 0, not reflected)
60 to 63   end marker 0 1 0 1
=========  =====================================================================

A reader averages the luma of each cell without its outer quarters (at least one pixel). The means of the four white and
the four black marker cells are the references, and the threshold is halfway between them. There is no time code if the
references are less than 64 (of 255) apart, a marker is wrong or the CRC does not match.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]

CELLS: Final = 64
_START: Final = (1, 0, 1, 0)
_END: Final = (0, 1, 0, 1)
_WHITE_MARKERS: Final = [0, 2, 61, 63]
_BLACK_MARKERS: Final = [1, 3, 60, 62]
_LEAST_CONTRAST: Final = 64


def draw(image: Image, milliseconds: int) -> None:
    """Write the time code into ``image`` (H x W or H x W x 3) in place.

    Raises ValueError if ``milliseconds`` does not fit into 48 bits.
    """
    height, width = image.shape[:2]
    top = height - height // 20
    cells = np.array(_bits(milliseconds), dtype=np.uint8) * 255
    row = np.repeat(cells, np.diff(_edges(width)))
    image[top - height // 90 : top] = 0
    image[top:] = row if image.ndim == 2 else row[:, np.newaxis]


def read(image: Image) -> int | None:
    """Return the milliseconds in ``image`` (H x W luma, or H x W x 3 in any order of R, G and B), or None without a
    time code."""
    height, width = image.shape[:2]
    if width < CELLS or height < 20:
        return None
    row_height = height // 20
    band = image[height - row_height + row_height // 4 : height - row_height // 4].astype(np.float64)
    if band.ndim == 3:
        band = band.mean(axis=2)
    profile = band.mean(axis=0)
    edges = _edges(width)
    margins = np.diff(edges) // 4
    levels = np.array(
        [profile[a + m : b - m].mean() for a, b, m in zip(edges[:-1], edges[1:], margins, strict=True)],
        dtype=np.float64,
    )
    white, black = levels[_WHITE_MARKERS].mean(), levels[_BLACK_MARKERS].mean()
    if white - black < _LEAST_CONTRAST:
        return None
    bits = tuple(int(level > (white + black) / 2) for level in levels)
    milliseconds = int("".join(map(str, bits[4:52])), 2)
    return milliseconds if bits == _bits(milliseconds) else None


def crc8(data: bytes) -> int:
    """Return the CRC-8 with polynomial x^8 + x^2 + x + 1, initial value 0, most significant bit first."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = ((crc << 1) ^ 0x07) & 0xFF if crc & 0x80 else crc << 1
    return crc


def _bits(milliseconds: int) -> tuple[int, ...]:
    if not 0 <= milliseconds < 1 << 48:
        raise ValueError(f"{milliseconds} ms does not fit into 48 bits")
    payload = milliseconds << 8 | crc8(milliseconds.to_bytes(6, "big"))
    return (*_START, *((payload >> shift) & 1 for shift in range(55, -1, -1)), *_END)


def _edges(width: int) -> npt.NDArray[np.int64]:
    return np.arange(CELLS + 1, dtype=np.int64) * width // CELLS
