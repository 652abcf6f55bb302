"""Eigenvalues with 40 digits: mpmath's eigsy of matrices that the test builds the same way. Writes eigh.oracle.json."""
import json
from pathlib import Path

from mpmath import eigsy, matrix, mp, mpf

mp.dps = 40


def hilbert(n):
    return matrix([[mpf(float(1 / (i + j + 1))) for j in range(n)] for i in range(n)])


def wilkinson(n):
    m = matrix(n, n)
    for i in range(n):
        m[i, i] = abs(i - (n - 1) / 2)
        if i > 0:
            m[i, i - 1] = m[i - 1, i] = 1
    return m


def whole(n):
    """Whole numbers without a pattern."""
    return matrix([[(max(i, j) * 7919 + min(i, j) * 104729 + i * j * 31) % 201 - 100 for j in range(n)] for i in range(n)])


cases = {"hilbert": (hilbert, 12), "wilkinson": (wilkinson, 21), "whole": (whole, 40)}
out = {
    name: {"n": n, "values": sorted(float(v) for v in eigsy(make(n), eigvals_only=True))}
    for name, (make, n) in cases.items()
}
Path(__file__).with_suffix(".json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
