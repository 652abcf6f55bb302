"""Transforms and convolutions by mpmath (40 digits) of small whole numbers: writes fft.oracle.json."""
import json
import os

import mpmath

mpmath.mp.dps = 40
LENGTHS = [1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 31, 37, 48, 60, 64, 97, 100, 128, 221, 256]


def numbers(n, seed):
    """The generator of fft.test.ts: whole numbers from -512 to 511."""
    state = seed
    out = []
    for _ in range(n):
        state = (state * 1103515245 + 12345) % 2**31
        out.append((state >> 16) % 1024 - 512)
    return out


def dft(re, im):
    n = len(re)
    roots = [mpmath.expjpi(mpmath.mpf(-2 * k) / n) for k in range(n)]
    return [sum(mpmath.mpc(re[j], im[j]) * roots[j * k % n] for j in range(n)) for k in range(n)]


result = {}
for n in LENGTHS:
    x = numbers(2 * n, n)
    spectrum = dft(x[0::2], x[1::2])
    # A checksum of every element would hide an error: of long ones, the first, last and some between.
    picks = range(n) if n <= 17 else sorted({0, 1, n // 3, n // 2, n - 2, n - 1})
    result[n] = [[k, float(spectrum[k].real), float(spectrum[k].imag)] for k in picks]

with open(os.path.join(os.path.dirname(__file__), "fft.oracle.json"), "w") as file:
    json.dump(result, file)
    file.write("\n")
