"""Reading a QR code back from a PNG, as a telephone does: ISO/IEC 18004, versions 1 to 10, byte mode, an undamaged picture.

Of the writer's library only the standard's table of blocks is used.
"""
from __future__ import annotations

import struct
import zlib

from segno.consts import ECC

ALIGNED = {1: (), 2: (6, 18), 3: (6, 22), 4: (6, 26), 5: (6, 30), 6: (6, 34), 7: (6, 22, 38), 8: (6, 24, 42), 9: (6, 26, 46),
           10: (6, 28, 50)}
MASKS = (
    lambda r, c: (r + c) % 2 == 0, lambda r, c: r % 2 == 0, lambda r, c: c % 3 == 0, lambda r, c: (r + c) % 3 == 0,
    lambda r, c: (r // 2 + c // 3) % 2 == 0, lambda r, c: r * c % 2 + r * c % 3 == 0,
    lambda r, c: (r * c % 2 + r * c % 3) % 2 == 0, lambda r, c: ((r + c) % 2 + r * c % 3) % 2 == 0)
FORMAT_MASK = 0b101010000010010


def pixels(png: bytes) -> list[list[bool]]:
    """The dark pixels of a black and white PNG of one bit (grey or palette), row by row."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    place, data, wide, palette = 8, b"", 0, b""
    while place < len(png):
        (size,), kind = struct.unpack(">I", png[place:place + 4]), png[place + 4:place + 8]
        body = png[place + 8:place + 8 + size]
        if kind == b"IHDR":
            wide, _high, depth, _colour = struct.unpack(">IIBB", body[:10])
            assert depth == 1
        elif kind == b"PLTE":
            palette = body
        elif kind == b"IDAT":
            data += body
        place += 12 + size
    raw, row = zlib.decompress(data), (wide + 7) // 8
    dark = 0 if not palette or sum(palette[:3]) < sum(palette[3:6]) else 1
    lines, before = [], bytearray(row)
    for start in range(0, len(raw), row + 1):
        line = bytearray(raw[start + 1:start + 1 + row])
        assert raw[start] in {0, 2}  # no filter, or the difference to the row above
        if raw[start] == 2:
            line = bytearray((one + up) % 256 for one, up in zip(line, before, strict=True))
        before = line
        lines.append([(line[x // 8] >> (7 - x % 8) & 1) == dark for x in range(wide)])
    return lines


def modules(png: bytes) -> list[list[bool]]:
    """The squares of the code in a PNG."""
    dots = pixels(png)
    rows = [y for y, line in enumerate(dots) if any(line)]
    top, left = rows[0], dots[rows[0]].index(True)
    side = rows[-1] - top + 1
    finder = next(x for x in range(left, len(dots[0])) if not dots[top][x]) - left  # seven squares wide
    one = finder // 7
    return [[dots[top + y * one + one // 2][left + x * one + one // 2] for x in range(side // one)] for y in range(side // one)]


def read(png: bytes) -> str:
    """The text of a QR code in byte mode."""
    code = modules(png)
    size = len(code)
    version = (size - 17) // 4
    bits = [code[8][x] for x in (0, 1, 2, 3, 4, 5, 7, 8)] + [code[y][8] for y in (7, 5, 4, 3, 2, 1, 0)]
    word = int("".join(str(int(bit)) for bit in bits), 2) ^ FORMAT_MASK
    mask = MASKS[word >> 10 & 7]
    found, up = [], True
    for right in (*range(size - 1, 6, -2), *range(5, 0, -2)):
        for step in range(size):
            y = size - 1 - step if up else step
            found += [code[y][x] ^ mask(y, x) for x in (right, right - 1) if not _fixed(y, x, size, version)]
        up = not up
    words = [int("".join(str(int(bit)) for bit in found[at:at + 8]), 2) for at in range(0, len(found) // 8 * 8, 8)]
    return _text(_data(words, version, word >> 13), version)


def _fixed(y: int, x: int, size: int, version: int) -> bool:
    """True for squares that carry no data: finders, timing, alignment, format, version."""
    if (y < 9 and (x < 9 or x >= size - 8)) or (y >= size - 8 and x < 9) or y == 6 or x == 6:
        return True
    if version >= 7 and ((y < 6 and x >= size - 11) or (x < 6 and y >= size - 11)):
        return True
    spots = ALIGNED[version]
    corners = {(6, 6), (6, size - 7), (size - 7, 6)}
    return any(abs(y - a) <= 2 and abs(x - b) <= 2 for a in spots for b in spots if (a, b) not in corners)


def _data(words: list[int], version: int, level: int) -> bytes:
    """The data codewords, taken out of the blocks in which they were mixed."""
    sizes = [one.num_data for one in ECC[version][level] for _block in range(one.num_blocks)]
    blocks: list[list[int]] = [[] for _one in sizes]
    at = 0
    for place in range(max(sizes)):
        for block, length in zip(blocks, sizes, strict=True):
            if place < length:
                block.append(words[at])
                at += 1
    return bytes(one for block in blocks for one in block)


def _text(data: bytes, version: int) -> str:
    bits = "".join(f"{one:08b}" for one in data)
    assert bits[:4] == "0100", "not in byte mode"
    wide = 8 if version < 10 else 16
    count, start = int(bits[4:4 + wide], 2), 4 + wide
    return bytes(int(bits[start + 8 * n:start + 8 * n + 8], 2) for n in range(count)).decode()
