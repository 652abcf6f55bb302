// The singular values and vectors of an upper bidiagonal matrix, by divide and conquer.
//
// Gu & Eisenstat, SIAM J. Matrix Anal. Appl. 16 (1995). A row in the middle parts the matrix in two; with their
// singular vectors as bases it is an arrow, whose singular values are the roots of a secular equation. Roots are kept
// as a distance from the nearest pole; the arrow is then taken for the one that has exactly these roots (Löwner's
// formula), so that vectors are orthogonal however close the roots are. The parts go down to single rows: there is no
// iteration besides the roots'.
//
// Vectors are rows here: row p of `left` and `right` belongs to d[p]. A part of `n` rows from r0 owns that range of
// every array, and the square on the diagonals of matrices; a part that is not the last has a column more than rows,
// and the right vector of its null space in row r0 + n.
#pragma once

#include "kernels/reflect-inl.h"
#include "kernels/svd-secular-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace svd_merge {

constexpr int64_t kSmall = 64;     // rows that are one grain
constexpr int64_t kColumns = 128;  // of rows that are rotated, or copied, in a grain

// Memory of one job, small pieces of it from one allocation: a small matrix is over in the time that twenty take.
struct Arena {
  static constexpr int64_t kChunk = 16 * 1024;
  Job& job;
  unsigned char* next = nullptr;
  int64_t left = 0;

  template <class T>
  HWY_INLINE T* Take(int64_t count) {
    return reinterpret_cast<T*>(Bytes(count, static_cast<int64_t>(sizeof(T))));
  }

 private:
  HWY_NOINLINE unsigned char* Bytes(int64_t count, int64_t size) {
    if (count > kChunk / size) return job.Scratch<unsigned char>(count > (int64_t{1} << 46) / size ? -1 : count * size);
    const int64_t bytes = (count * size + 63) & ~int64_t{63};
    if (bytes > left) {
      next = job.Scratch<unsigned char>(kChunk);
      left = next == nullptr ? 0 : kChunk;
      if (next == nullptr) return nullptr;
    }
    unsigned char* const taken = next;
    next += bytes, left -= bytes;
    return taken;
  }
};

struct Rotation {
  int64_t kept, gone;
  double c, s;
  bool right_only;
};

HWY_INLINE void StoreSome(V v, double* to, int64_t count) {
  const D d;
  if (HWY_LIKELY(count >= kLanes)) return hn::StoreU(v, d, to);
  alignas(64) double some[kLanes];
  hn::Store(v, d, some);
  for (int64_t l = 0; l < count; ++l) to[l] = some[l];
}

struct Tree {
  using Real = gemm::Real<double>;
  using Work = gemm::Workspace<Real>;

  Job& job;
  Arena& arena;
  reflect::Memory<double>& memory;
  int64_t size;
  const double *diagonal, *off;  // off[i] is right of diagonal[i]
  bool vectors;
  double eps;                                // of the matrix: what is less than some of it is none
  double *left, *right;                      // n × n, rows are vectors
  double *mix_left, *mix_right, *copy;       // n × n
  double *first = nullptr, *last = nullptr;  // without vectors: those columns of the right ones of each part
  double* d = nullptr;
  int64_t* order = nullptr;  // of a part: its rows by rising d

  // Of a part while it is merged.
  double *z = nullptr, *poles = nullptr, *weights = nullptr, *bases = nullptr, *taus = nullptr;
  double *packed_poles = nullptr, *packed_weights = nullptr;
  int64_t *kept = nullptr, *gone = nullptr, *source = nullptr, *slot = nullptr;
  uint8_t* kind = nullptr;
  Rotation* rotations = nullptr;
  double *packed_first = nullptr, *packed_last = nullptr;

  HWY_INLINE bool Allocate() {
    const int64_t n = size + 1;
    double* numbers = arena.Take<double>(8 * n);
    int64_t* places = arena.Take<int64_t>(5 * n);
    double* ends = arena.Take<double>(vectors ? 1 : 4 * n);
    kind = arena.Take<uint8_t>(n);
    rotations = arena.Take<Rotation>(n);
    if (numbers == nullptr || places == nullptr || ends == nullptr || kind == nullptr || rotations == nullptr)
      return false;
    d = numbers, z = d + n, poles = z + n, weights = poles + n, bases = weights + n, taus = bases + n;
    packed_poles = taus + n, packed_weights = packed_poles + n;
    order = places, kept = order + n, gone = kept + n, source = gone + n, slot = source + n;
    first = ends, last = first + n, packed_first = last + n, packed_last = packed_first + n;
    return true;
  }

  // fn over [0, items): here, or on all threads.
  template <class F>
  HWY_INLINE bool Each(bool here, int64_t items, int64_t grain, F&& fn) {
    if (!here) return job.For(items, grain < 1 ? 1 : grain, fn);
    fn(int64_t{0}, items);
    return true;
  }

  HWY_INLINE bool Mix(const Work* work, int64_t m, int64_t n, int64_t k, const double* a, const double* b, double* c) {
    const gemm::View<double> av{a, size, 1}, bv{b, size, 1};
    if (work == nullptr) return reflect::Product<double>(job, memory, m, n, k, 1.0, av, bv, 0.0, c, size);
    gemm::Leaf<Real>(*work, m, n, k, 1.0, av, bv, 0.0, c, size);
    return true;
  }

  // Joins the parts [r0, r0 + below) and [r0 + below + 1, r0 + n) by the row between them. In a grain where there is a
  // workspace.
  __attribute__((cold)) HWY_NOINLINE bool Merge(int64_t r0, int64_t n, int64_t below, bool wide, const Work* work) {
    const bool here = work != nullptr;
    const int64_t mid = r0 + below, end = r0 + n;
    const bool above = end - mid - 1 > 0 || wide;
    const double alpha = diagonal[mid], beta = above ? off[mid] : 0;
    double largest = Larger(Magnitude(alpha), Magnitude(beta));
    const auto tail = [&](int64_t p) -> double { return vectors ? right[p * size + mid] : last[p]; };
    const auto head = [&](int64_t p) -> double { return vectors ? right[p * size + mid + 1] : first[p]; };
    for (int64_t p = r0; p < end; ++p) {
      if (p == mid) continue;
      z[p] = p < mid ? alpha * tail(p) : beta * head(p);
      kind[p] = p < mid ? 0 : 2;
      largest = Larger(largest, d[p]);
    }
    // Below the last bit of the largest entry nothing counts. The floor keeps squares from underflowing.
    const double least = Larger(8 * eps * largest, 1e-120);
    int64_t turns = 0, keeps = 0, goes = 0;
    const double a = alpha * tail(mid), b = wide ? beta * head(end) : 0;
    const double both = wide ? __builtin_sqrt(a * a + b * b) : a;
    d[mid] = 0, kind[mid] = 1;
    if (Magnitude(both) <= least) {
      z[mid] = a < 0 ? -least : least;
    } else {
      z[mid] = both;
      if (wide) rotations[r0 + turns++] = {mid, end, a / both, b / both, true};
    }

    // Rows by rising d; those that the arrow does not touch, or whose d is another's, are done with.
    kept[r0 + keeps++] = mid;
    int64_t open = -1;
    for (int64_t i = r0, j = mid + 1; i < mid || j < end;) {
      const bool lower = j >= end || (i < mid && d[order[i]] <= d[order[j]]);
      const int64_t p = lower ? order[i++] : order[j++];
      if (Magnitude(z[p]) <= least) {
        gone[r0 + goes++] = p;
        continue;
      }
      if (open >= 0 && d[p] - d[open] <= least) {
        const double length = __builtin_sqrt(z[p] * z[p] + z[open] * z[open]);
        rotations[r0 + turns++] = {p, open, z[p] / length, z[open] / length, false};
        z[p] = length;
        if (kind[p] != kind[open]) kind[p] = kind[open] = 1;
        gone[r0 + goes++] = open;
      } else if (open >= 0) {
        kept[r0 + keeps++] = open;
      }
      open = p;
    }
    if (open >= 0) kept[r0 + keeps++] = open;

    // Packed: those of the lower part, of both, of the upper part.
    int64_t from[4] = {0, 0, 0, 0};
    for (int64_t j = 0; j < keeps; ++j) ++from[kind[kept[r0 + j]] + 1];
    from[2] += from[1];
    const int64_t lower = from[2], mixed = from[1];
    double norm2 = 0;
    for (int64_t j = 0; j < keeps; ++j) {
      const int64_t p = kept[r0 + j];
      poles[r0 + j] = d[p], weights[r0 + j] = z[p];
      norm2 += z[p] * z[p];
      const int64_t at = from[kind[p]]++;
      slot[r0 + j] = at, source[r0 + at] = p;
    }
    for (int64_t j = 0; j < goes; ++j) source[r0 + keeps + j] = gone[r0 + j];
    if (keeps > 1 && poles[r0 + 1] <= least / 2) poles[r0 + 1] = least / 2;

    const double *pole = poles + r0, *weight = weights + r0;
    const auto solving = [&](int64_t begin, int64_t stop) __attribute__((noinline)) {
      for (int64_t i = begin; i < stop; ++i) Solve(pole, weight, keeps, i, norm2, bases[r0 + i], taus[r0 + i]);
    };
    if (!Each(here, keeps, 6000 / keeps, solving)) return false;
    const auto weighing = [&](int64_t begin, int64_t stop) __attribute__((noinline)) {
      for (int64_t j = begin * 8; j < stop * 8 && j < keeps; j += kLanes) Weigh(r0, keeps, j);
    };
    if (!Each(here, (keeps + 7) / 8, 4000 / keeps, weighing)) return false;
    for (int64_t j = 0; j < keeps; ++j) packed_poles[r0 + slot[r0 + j]] = pole[j];

    const Rotation* turn = rotations + r0;
    if (vectors) {
      const auto mixing = [&](int64_t begin, int64_t stop) __attribute__((noinline)) {
        for (int64_t i = begin; i < stop; ++i) Row(r0, keeps, i);
      };
      if (!Each(here, keeps, 8000 / keeps, mixing)) return false;
      for (int side = 0; side < 2; ++side) {
        double *const rows = side == 0 ? left : right, *const mix = side == 0 ? mix_left : mix_right;
        const int64_t width = n + (side == 1 && wide ? 1 : 0);
        const auto turning = [&](int64_t begin, int64_t stop) __attribute__((noinline)) {
          const int64_t c0 = r0 + begin * kColumns, c1 = r0 + (stop * kColumns < width ? stop * kColumns : width);
          for (int64_t r = 0; r < turns; ++r)
            if (side == 1 || !turn[r].right_only)
              Turn(rows + turn[r].kept * size + c0, rows + turn[r].gone * size + c0, c1 - c0, turn[r]);
        };
        if (turns > 0 && !Each(here, (width + kColumns - 1) / kColumns, 1, turning)) return false;
        const auto copying = [&](int64_t begin, int64_t stop) __attribute__((noinline)) {
          for (int64_t t = begin; t < stop; ++t) Copy(rows + source[r0 + t] * size, copy + (r0 + t) * size, r0, width);
        };
        if (!Each(here, n, 40000 / n, copying)) return false;
        const double* left_mix = mix + r0 * size + r0;
        const bool ran = Mix(work, keeps, below + 1, lower, left_mix, copy + r0 * size + r0, rows + r0 * size + r0) &&
                         Mix(work, keeps, width - below - 1, keeps - mixed, left_mix + mixed,
                             copy + (r0 + mixed) * size + mid + 1, rows + r0 * size + mid + 1);
        if (!ran) return false;
        const auto restoring = [&](int64_t begin, int64_t stop) __attribute__((noinline)) {
          for (int64_t t = r0 + keeps + begin; t < r0 + keeps + stop; ++t)
            Copy(copy + t * size, rows + t * size, r0, width);
        };
        if (goes > 0 && !Each(here, goes, 40000 / n, restoring)) return false;
      }
    } else {
      for (int64_t p = r0; p <= mid && above; ++p) last[p] = 0;
      for (int64_t p = mid + 1; p < end + (wide ? 1 : 0); ++p) first[p] = 0;
      for (int64_t r = 0; r < turns; ++r) {
        Turn(first + turn[r].kept, first + turn[r].gone, 1, turn[r]);
        Turn(last + turn[r].kept, last + turn[r].gone, 1, turn[r]);
      }
      for (int64_t t = 0; t < n; ++t) {
        packed_first[r0 + t] = first[source[r0 + t]];
        packed_last[r0 + t] = last[source[r0 + t]];
      }
      const auto mixing = [&](int64_t begin, int64_t stop) __attribute__((noinline)) {
        for (int64_t i = begin; i < stop; ++i) Ends(r0, keeps, i);
      };
      if (!Each(here, keeps, 8000 / keeps, mixing)) return false;
      for (int64_t t = r0 + keeps; t < end; ++t) first[t] = packed_first[t], last[t] = packed_last[t];
    }

    // The values of their new rows, and the order of these.
    for (int64_t j = 0; j < goes; ++j) z[r0 + j] = d[gone[r0 + j]];
    for (int64_t i = 0; i < keeps; ++i) d[r0 + i] = bases[r0 + i] + taus[r0 + i];
    for (int64_t j = 0; j < goes; ++j) {
      int64_t at = j;
      for (; at > 0 && d[gone[r0 + at - 1]] > z[r0 + j]; --at) gone[r0 + at] = gone[r0 + at - 1];
      gone[r0 + at] = r0 + keeps + j;
      d[r0 + keeps + j] = z[r0 + j];
    }
    for (int64_t i = 0, j = 0; i + j < n;) {
      const bool root = j >= goes || (i < keeps && d[r0 + i] <= d[gone[r0 + j]]);
      order[r0 + i + j] = root ? r0 + i : gone[r0 + j];
      ++(root ? i : j);
    }
    return true;
  }

  // The weights of the arrow whose roots these are, from the `j`-th on.
  HWY_INLINE void Weigh(int64_t r0, int64_t count, int64_t j) {
    const D tag;
    const V dj = LoadSome(poles + r0 + j, count - j, kFar);
    const V index = hn::Iota(tag, static_cast<double>(j));
    V product = hn::Set(tag, 1.0);
    for (int64_t i = 0; i < count; ++i) {
      const V gap = Gap(dj, hn::Set(tag, bases[r0 + i]), hn::Set(tag, taus[r0 + i]));
      if (i == count - 1) {
        product = hn::Neg(hn::Mul(product, gap));
        break;
      }
      const V lower = hn::Set(tag, poles[r0 + i]), upper = hn::Set(tag, poles[r0 + i + 1]);
      const V other = hn::IfThenElse(hn::Lt(hn::Set(tag, static_cast<double>(i)), index), lower, upper);
      product = hn::Mul(product, hn::Div(gap, hn::Mul(hn::Sub(dj, other), hn::Add(dj, other))));
    }
    alignas(64) double found[kLanes];
    hn::Store(hn::Sqrt(hn::Abs(product)), tag, found);
    for (int64_t l = 0; l < kLanes && j + l < count; ++l) {
      const int64_t at = r0 + j + l;
      packed_weights[r0 + slot[at]] = weights[at] < 0 ? -found[l] : found[l];
    }
  }

  // What root i's vectors are made of, unscaled: fn(packed index, numerator of the right one, of the left one).
  template <class F>
  HWY_INLINE void Parts(int64_t r0, int64_t count, int64_t i, F&& fn) {
    const D tag;
    const V base = hn::Set(tag, bases[r0 + i]), tau = hn::Set(tag, taus[r0 + i]);
    for (int64_t t = 0; t < count; t += kLanes) {
      const V dt = LoadSome(packed_poles + r0 + t, count - t, kFar);
      const V v = hn::Div(LoadSome(packed_weights + r0 + t, count - t, 0), Gap(dt, base, tau));
      fn(t, v, hn::Mul(dt, v));
    }
  }

  HWY_NOINLINE void Row(int64_t r0, int64_t count, int64_t i) {
    const D tag;
    V right2 = hn::Zero(tag), left2 = hn::Zero(tag);
    Parts(r0, count, i, [&](int64_t, V v, V u) HWY_ATTR {
      right2 = hn::MulAdd(v, v, right2);
      left2 = hn::MulAdd(u, u, left2);
    });
    const V by_right = hn::Set(tag, 1 / __builtin_sqrt(Total(right2)));
    const double by = 1 / __builtin_sqrt(1 + Total(left2));
    double *const to_right = mix_right + (r0 + i) * size + r0, *const to_left = mix_left + (r0 + i) * size + r0;
    Parts(r0, count, i, [&](int64_t t, V v, V u) HWY_ATTR {
      StoreSome(hn::Mul(v, by_right), to_right + t, count - t);
      StoreSome(hn::Mul(u, hn::Set(tag, by)), to_left + t, count - t);
    });
    to_left[slot[r0]] = -by;
  }

  HWY_NOINLINE void Ends(int64_t r0, int64_t count, int64_t i) {
    double norm2 = 0, to_first = 0, to_last = 0;
    Parts(r0, count, i, [&](int64_t t, V v, V) HWY_ATTR {
      alignas(64) double some[kLanes];
      hn::Store(v, D(), some);
      for (int64_t l = 0; l < kLanes && t + l < count; ++l) {
        norm2 += some[l] * some[l];
        to_first += some[l] * packed_first[r0 + t + l];
        to_last += some[l] * packed_last[r0 + t + l];
      }
    });
    const double by = 1 / __builtin_sqrt(norm2);
    first[r0 + i] = to_first * by, last[r0 + i] = to_last * by;
  }

  static HWY_INLINE void Turn(double* HWY_RESTRICT keep, double* HWY_RESTRICT go, int64_t count, const Rotation& by) {
    const double c = by.c, s = by.s;
    for (int64_t i = 0; i < count; ++i) {
      const double x = keep[i], y = go[i];
      keep[i] = c * x + s * y;
      go[i] = c * y - s * x;
    }
  }
  static HWY_INLINE void Copy(const double* source_row, double* to_row, int64_t column, int64_t width) {
    __builtin_memcpy(to_row + column, source_row + column, static_cast<size_t>(width) * sizeof(double));
  }

  // ---- The tree ----

  // A part of up to kSmall rows, in a grain.
  void Small(int64_t r0, int64_t n, bool wide, const Work& work) {
    if (n == 0) return;
    const int64_t below = (n - 1) / 2;
    Small(r0, below, true, work);
    Small(r0 + below + 1, n - 1 - below, wide, work);
    Merge(r0, n, below, wide, &work);
  }

  struct Part {
    int64_t r0, n;
    bool wide;
  };
  int64_t List(int64_t r0, int64_t n, bool wide, Part* to, int64_t count) {
    if (n <= kSmall) {
      if (n > 0) to[count++] = {r0, n, wide};
      return count;
    }
    const int64_t below = (n - 1) / 2;
    return List(r0 + below + 1, n - 1 - below, wide, to, List(r0, below, true, to, count));
  }

  bool Large(int64_t r0, int64_t n, bool wide) {
    if (n <= kSmall) return true;
    const int64_t below = (n - 1) / 2;
    return Large(r0, below, true) && Large(r0 + below + 1, n - 1 - below, wide) && Merge(r0, n, below, wide, nullptr);
  }

  // Everything. `left` and `right` hold identities; d and `order` are the result.
  __attribute__((cold)) HWY_NOINLINE bool Run() {
    Part* parts = arena.Take<Part>(size);
    const int64_t threads = job.threads();
    const int64_t terms = (size < kSmall ? size : kSmall) + 1;
    const int64_t room = terms * gemm::kWidth<Real>;  // rows are read where they are
    auto* panels = vectors ? arena.Take<double>(room * threads) : nullptr;
    if (parts == nullptr || (vectors && panels == nullptr)) return false;
    for (int64_t p = 0; p <= size && !vectors; ++p) first[p] = last[p] = 1;
    const int64_t count = List(0, size, false, parts, 0);
    const auto growing = [&](int64_t begin, int64_t stop) {
      double* own = vectors ? panels + room * job.lane() : nullptr;
      const Work work{own, nullptr};
      for (int64_t p = begin; p < stop; ++p) Small(parts[p].r0, parts[p].n, parts[p].wide, work);
    };
    return job.For(count, 1, growing) && Large(0, size, false);
  }
};

}  // namespace svd_merge
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
