"""Numbers for solve.test.ts: exact rational arithmetic, mpmath with 60 digits, and SciPy's choice of pivots.

python3 test/kernels/solve.oracle.py > test/kernels/solve.oracle.json
"""
import json
from fractions import Fraction

import mpmath
import numpy as np
import scipy.linalg

mpmath.mp.dps = 60
rng = np.random.default_rng(6)


def exact(a, b):
    """The solution and the determinant, by elimination with fractions."""
    n = len(a)
    rows = [[Fraction(v) for v in row] + [Fraction(v) for v in right] for row, right in zip(a, b)]
    determinant = Fraction(1)
    for k in range(n):
        pivot = next(i for i in range(k, n) if rows[i][k] != 0)
        if pivot != k:
            rows[k], rows[pivot] = rows[pivot], rows[k]
            determinant = -determinant
        determinant *= rows[k][k]
        rows[k] = [v / rows[k][k] for v in rows[k]]
        for i in range(n):
            if i != k:
                rows[i] = [v - rows[i][k] * w for v, w in zip(rows[i], rows[k])]
    return [[float(v) for v in row[n:]] for row in rows], float(determinant)


def case(a, b):
    a, b = a.tolist(), b.tolist()
    x, determinant = exact(a, b)
    inverse, _ = exact(a, np.eye(len(a)).tolist())
    # p: the rows in the order in which SciPy (LAPACK) chooses them.
    p, l, u = scipy.linalg.lu(np.array(a), p_indices=True)
    return {"a": a, "b": b, "x": x, "inv": inverse, "det": determinant,
            "p": [int(i) for i in np.argsort(p)], "l": l.tolist(), "u": u.tolist()}


def spd(n):
    m = rng.integers(-9, 10, (n, n))
    a = (m @ m.T + n * np.eye(n)).astype(int).tolist()
    factor = mpmath.cholesky(mpmath.matrix(a))
    return {"a": a, "l": [[float(factor[i, j]) for j in range(n)] for i in range(n)]}


general = [case(rng.integers(-9, 10, (n, n)), rng.integers(-9, 10, (n, 3))) for n in (1, 2, 3, 5, 8)]
print(json.dumps({"general": general, "definite": [spd(n) for n in (1, 2, 4, 9)]}))
