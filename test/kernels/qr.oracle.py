"""Numbers for qr.test.ts: NumPy's factors and least-squares solutions of small matrices. python3 qr.oracle.py > qr.oracle.json"""
import json
import numpy as np

rng = np.random.default_rng(6)
rounded = lambda shape: np.round(rng.standard_normal(shape), 3)
cases = []
for m, n in [(5, 3), (3, 5), (4, 4), (40, 7)]:
    a = rounded((m, n))
    q, r = np.linalg.qr(a)
    cases.append({'a': a.tolist(), 'q': q.tolist(), 'r': r.tolist()})

solved = []
for m, n, rank, rhs in [(6, 3, 3, 2), (3, 6, 3, 1), (5, 5, 5, 1), (8, 5, 3, 2), (5, 8, 2, 2), (6, 6, 0, 1)]:
    a = rounded((m, n))
    if rank < min(m, n):
        a = rounded((m, rank)) @ rounded((rank, n)) if rank > 0 else np.zeros((m, n))
    b = rounded((m, rhs))
    x, residuals, found, _ = np.linalg.lstsq(a, b, rcond=None)
    assert found == rank
    solved.append({'a': a.tolist(), 'b': b.tolist(), 'x': x.tolist(), 'residuals': residuals.tolist(), 'rank': rank})
print(json.dumps({'qr': cases, 'lstsq': solved}))
