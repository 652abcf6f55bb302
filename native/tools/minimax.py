"""Coefficients of the fast elementary functions: python3 native/tools/minimax.py

Near-minimax polynomials (interpolation in Chebyshev's points, 200 bits), lowest power first, and the largest error
left, as a power of 2, relative to the function that they are a part of.
"""
from mpmath import mp, mpf

mp.prec = 200


def fit(name, f, low, high, count, weight):
    """count coefficients of f on [low, high]; weight(x): what an error of f is to the whole, relatively."""
    coefficients = mp.chebyfit(f, [low, high], count)
    points = [low + (high - low) * k / 1000 for k in range(1001)]
    error = max(abs((mp.polyval(coefficients, x) - f(x)) * weight(x)) for x in points)
    print(f"{name}: 2^{mp.nstr(mp.log(error, 2), 4)}")
    print("  " + ", ".join(repr(float(c)) for c in reversed(coefficients)))


half = mp.log(2) / 2
low, high = mp.sqrt(mpf("0.5")) - 1, mp.sqrt(2) - 1


def exp_part(x):  # e^x = 1 + x + x^2 g(x)
    return (mp.expm1(x) - x) / x**2 if x else mpf(1) / 2


def log_part(x):  # log(1 + x) = x + x^2 h(x)
    return (mp.log1p(x) - x) / x**2 if x else -mpf(1) / 2


def exp2_part(x):  # 2^x = 1 + x q(x)
    return (2**x - 1) / x if x else mp.log(2)


for count in (5, 10):
    fit(f"exp, {count}", exp_part, -half, half, count, lambda x: x)
for count in (9, 13, 20):
    fit(f"log, {count}", log_part, low, high, count, lambda x: x)
for count in (6,):
    fit(f"exp2, {count}", exp2_part, mpf(-0.5), mpf(0.5), count, lambda x: x)

# log by table: x = 2^k m, m in [3/4, 3/2); the upper four bits of its fraction choose r with f = m r - 1 small. r is
# searched for near the middle's reciprocal, so that -log(r) is nearly a number of the type; it is 1 on both sides of 1.
def table(name, bits, digits, counts):
    step, tries = mpf(2) ** -digits, 2000
    r, logs, low, high = [], [], mpf(0), mpf(0)
    for j in range(16):
        a = 1 + mpf(j) / 16 if j < 8 else mpf(1) / 2 + mpf(j) / 32
        b = a + (mpf(1) / 16 if j < 8 else mpf(1) / 32)

        def lost(c):  # of -log(c), in units of its last place
            e = mp.floor(mp.log(abs(mp.log(c)), 2)) - bits + 1
            scaled = -mp.log(c) / 2**e
            return abs(scaled - mp.nint(scaled))

        middle = mp.nint(2 / (a + b) / step)
        best = mpf(1) if j in (0, 15) else min(((middle + t) * step for t in range(-tries, tries)), key=lost)
        r.append(best)
        logs.append(-mp.log(best))
        low, high = min(low, a * best - 1), max(high, b * best - 1)
    print(f"{name}: f in [{mp.nstr(low, 5)}, {mp.nstr(high, 5)}]")
    print("  " + ", ".join(repr(float(c)) for c in r))
    print("  " + ", ".join(repr(float(c)) for c in logs))
    for count in counts:
        fit(f"{name}, {count}", log_part, low, high, count, lambda x: x)


table("log by table, double", 53, 20, (8, 9, 10))
table("log by table, float", 24, 16, (3, 4, 5))
