"""Writes reductions.oracle.json: moments, norms and dot products of easy series in exact arithmetic, and SciPy's.

The series need correctly rounded operations only, so that JavaScript makes the same numbers.
"""
import json
import os
from fractions import Fraction

import mpmath
import numpy
import scipy.stats

mpmath.mp.dps = 60

SERIES = {
    "uniform": lambda i: (i * 7919 % 10007) / 10007,
    "far from 0": lambda i: 1e9 + (i * 7919 % 10007) / 10007,
    "skewed": lambda i: 1 / (1 + i % 97),
    "heavy tails": lambda i: 1e6 / (i % 1009 - 504.5),
    "integers": lambda i: float(i * 7919 % 1000 - 300),
}


def exact(x):
    n = len(x)
    fractions = [Fraction(v) for v in x]
    mean = sum(fractions) / n
    powers = [sum((v - mean) ** k for v in fractions) / n for k in (2, 3, 4)]
    m2, m3, m4 = (mpmath.mpf(p.numerator) / p.denominator for p in powers)
    other = [Fraction(v) for v in reversed(x)]
    squares = sum(v * v for v in fractions)
    return {
        "mean": float(mean),
        "variance": float(powers[0]),
        "std": float(mpmath.sqrt(m2)),
        "sample": float(powers[0] * n / (n - 1)),
        "skewness": float(m3 / mpmath.sqrt(m2) ** 3),
        "kurtosis": float(m4 / m2**2 - 3),
        "norm1": float(sum(abs(v) for v in fractions)),
        "norm2": float(mpmath.sqrt(mpmath.mpf(squares.numerator) / squares.denominator)),
        "normInf": max(abs(v) for v in x),
        "dot": float(sum(a * b for a, b in zip(fractions, other))),
        "absoluteDot": float(sum(abs(a * b) for a, b in zip(fractions, other))),
        "numpy": {
            "variance": float(numpy.var(x)),
            "skewness": float(scipy.stats.skew(x)),
            "kurtosis": float(scipy.stats.kurtosis(x)),
        },
    }


oracle = {}
for name, f in SERIES.items():
    for n in (5, 1500, 40000):
        oracle[f"{name}, {n}"] = exact([f(i) for i in range(n)])

path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "reductions.oracle.json")
with open(path, "w", encoding="utf-8") as file:
    json.dump(oracle, file, indent=2)
    file.write("\n")
