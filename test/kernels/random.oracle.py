"""Numbers of random by another road: Philox with Python's integers, functions by mpmath, and NumPy's own Philox4x64 left
aside (it has other words). Writes random.oracle.json."""

import json
from pathlib import Path

from mpmath import cos, log, mp, mpf, pi, sin, sqrt

mp.dps = 40
MASK = 2**32 - 1


def philox(counter, key):
    x, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * x[0], 0xCD9E8D57 * x[2]
        x = [(p1 >> 32) ^ x[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ x[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return x


# Random123, kat_vectors: philox 4x32 10.
assert philox([0] * 4, [0] * 2) == [0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8]
assert philox([MASK] * 4, [MASK] * 2) == [0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD]
assert philox([0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344], [0xA4093822, 0x299F31D0]) == [
    0xD16CFE09,
    0x94FDCCEB,
    0x5001E420,
    0x24126EA1,
]


def block(key, use, number):
    x = philox([number & MASK, number >> 32, use, 0], [key & MASK, key >> 32])
    return x[0] << 32 | x[1], x[2] << 32 | x[3]


def word(key, use, number):
    return block(key, use, number // 2)[number % 2]


def word32(key, use, number):
    return word(key, use, number // 2) >> (32 if number % 2 else 0) & MASK


def normal(key, number):
    first, second = block(key, 1, number // 2)
    radius = sqrt(-2 * log(mpf(first | 1) / 2**64))
    angle = (mpf((second & (2**62 - 1)) | 1) / 2**62 - mpf(1) / 2) * pi / 2
    across, along = (-1 if second >> 63 else 1) * cos(angle), sin(angle)
    pair = (along, across) if second >> 62 & 1 else (across, along)
    return float(radius * pair[number % 2])


def integer(key, number, low, high):
    return low + (word(key, 3, number) * (high - low) >> 64)


def long(key, number, low, high):
    first, second = block(key, 4, number)
    return low + ((second << 64 | first) * (high - low) >> 128)


cases = []
for key, offset in [
    (0, 0),
    (1, 1),
    (2**53 - 1, 12345),
    (2**64 - 1, 2**33 - 3),  # the upper word of the counter changes on the way
    (0x9E3779B97F4A7C15, 2**53 - 20),
]:
    numbers = range(offset, offset + 9)
    cases.append(
        {
            "key": str(key),
            "offset": offset,
            "uniform": [(word(key, 0, i) >> 11) / 2**53 for i in numbers],
            "uniform32": [(word32(key, 5, i) >> 8) / 2**24 for i in numbers],
            "normal": [normal(key, i) for i in numbers],
            "exponential": [float(-log(mpf(word(key, 2, i) | 1) / 2**64)) for i in numbers],
            "integers": [integer(key, i, -7, 1000) for i in numbers],
            "whole": [integer(key, i, 0, 2**32) for i in numbers],
            "long": [str(long(key, i, -(10**15), 10**18)) for i in numbers],
            "longest": [str(long(key, i, -(2**63), 2**63)) for i in numbers],
        }
    )


def permutation(key, n):
    """For n <= 16384: one bucket, from the last element on."""
    x = list(range(n))
    for i in range(n - 1, -1, -1):
        j = word(key, 7, i) * (i + 1) >> 64
        x[i], x[j] = x[j], x[i]
    return x


oracle = {"cases": cases, "permutation": permutation(42, 20)}
Path(__file__).with_suffix(".json").write_text(json.dumps(oracle, indent=1) + "\n")
