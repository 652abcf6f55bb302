// Lloyd's iterations and the seeds of k-means++, on all threads of a job.
//
// Sums are taken in blocks, point by point, and joined pairwise by block index.
//
// Source: S. Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28 (1982); D. Arthur and S.
// Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007, with several candidates for each centre, as
// they suggest.
#pragma once

#include "kernels/kmeans-nearest-inl.h"
#include "kernels/philox-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {
namespace kmeans {

template <class T>
struct Clustering {
  Job& job;
  const T* x;
  int64_t stride, n, d, k;
  uint32_t* labels;
  int64_t block = 0, blocks = 0, pad = 0;
  bool fused = false;           // a grain finds the labels of a block and adds its points up
  int64_t chunk = 0;            // otherwise: points of a grain that finds labels,
  int64_t band = 0;             // and columns of one that adds up
  double* centres = nullptr;    // k × d, always numbers of type T
  double* across = nullptr;     // the same, d × pad, or the candidates for one
  double* norms = nullptr;      // of centres
  double* moved = nullptr;      // how far each has, squared
  double* states = nullptr;     // of each block: sums, k × d, then how many points
  double* partial = nullptr;    // a number for each block
  int64_t* farthest = nullptr;  // the point of it
  int64_t* changed = nullptr;   // of each grain: labels that are others than before
  double* distances = nullptr;  // of each point
  T* tiles = nullptr;           // of each thread
  double* directs = nullptr;    // of each thread: four points to all centres
  Quick<T> quick = {};
  int64_t direct_size = 0;
  int64_t changes = 0;
  bool sound = true;  // every centre has a finite length

  HWY_INLINE int64_t StateSize() const { return k * d + k; }
  HWY_INLINE const T* Row(int64_t i) const { return x + i * stride; }
  HWY_INLINE int64_t BlockEnd(int64_t b) const { return Least(n, (b + 1) * block); }

  HWY_NOINLINE __attribute__((cold)) bool Allocate() {
    block = BlockOf(k, d);
    blocks = (n + block - 1) / block;
    pad = (k + 7) / 8 * 8;
    fused = block * k * d <= 2 * kTerms;
    chunk = Most(1, kTerms / (kPoints<T> * k * d)) * kPoints<T>;
    band = Least(d, Most(16, kTerms / 4 / block));
    const int64_t grouped = (k + kGroup - 1) / kGroup * kGroup, threads = job.threads(), wide = Most(pad, kMaxLanes);
    centres = job.Scratch<double>(k * d);
    across = job.Scratch<double>(wide * d);
    norms = job.Scratch<double>(k);
    moved = job.Scratch<double>(k);
    states = job.Scratch<double>(blocks * StateSize());
    partial = job.Scratch<double>(blocks * kMaxLanes);
    farthest = job.Scratch<int64_t>(blocks);
    changed = job.Scratch<int64_t>(Most(blocks, (n + chunk - 1) / chunk));
    distances = job.Scratch<double>(n);
    tiles = job.Scratch<T>(threads * kPoints<T> * d);
    directs = job.Scratch<double>(threads * 4 * wide);
    direct_size = 4 * wide;
    quick.groups = job.Scratch<T>(grouped * d);
    quick.half = job.Scratch<T>(grouped);
    if (centres == nullptr || across == nullptr || norms == nullptr || moved == nullptr || states == nullptr ||
        partial == nullptr || farthest == nullptr || changed == nullptr || distances == nullptr || tiles == nullptr ||
        directs == nullptr || quick.groups == nullptr || quick.half == nullptr)
      return false;
    __builtin_memset(quick.groups, 0, static_cast<size_t>(grouped * d) * sizeof(T));
    for (int64_t c = k; c < grouped; ++c) quick.half[c] = static_cast<T>(kInfinity);
    __builtin_memset(across, 0, static_cast<size_t>(wide * d) * sizeof(double));
    constexpr T kUnit = sizeof(T) == 8 ? T{0x1p-53} : T{0x1p-24}, kTiny = sizeof(T) == 8 ? T{0x1p-1074} : T{0x1p-149};
    // Each score is off by at most (d + 4) units of |x|² + |c|², each direct distance by (d + 2) of twice that; a
    // difference of two by twice their sum, and some room.
    quick.relative = static_cast<T>(6 * (d + 8)) * kUnit;
    quick.absolute = static_cast<T>(8 * (d + 8)) * kTiny;
    return true;
  }

  HWY_INLINE int64_t PassItems() const {
    return fused ? blocks : (n + chunk - 1) / chunk + blocks * ((d + band - 1) / band);
  }

  // ---- Centres ----

  // Centre c becomes the mean of its points, if it has any. How far that is, squared.
  double Mean(int64_t c) {
    const double count = states[k * d + c];
    double apart = 0;
    for (int64_t j = 0; count > 0 && j < d; ++j) {
      const auto mean = static_cast<double>(static_cast<T>(states[c * d + j] / count));
      const double step = mean - centres[c * d + j];
      apart += step * step;
      centres[c * d + j] = mean;
    }
    return apart;
  }

  // What the searches need of the centres, which become the means of their points first if `means`.
  HWY_NOINLINE __attribute__((cold)) bool Publish(bool means) {
    const bool ran = job.For(k, Most(1, kTerms / 16 / d), [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        if (means) moved[c] = Mean(c);
        const double* centre = centres + c * d;
        T* group = quick.groups + c / kGroup * kGroup * d + c % kGroup;
        double norm = 0;
        for (int64_t j = 0; j < d; ++j) {
          norm += centre[j] * centre[j];
          group[j * kGroup] = static_cast<T>(centre[j]);
          across[j * pad + c] = centre[j];
        }
        norms[c] = norm;
        quick.half[c] = static_cast<T>(0.5 * norm);
      }
    });
    double most = 0;
    sound = true;
    for (int64_t c = 0; c < k; ++c) {
      most = norms[c] > most ? norms[c] : most;
      sound = sound && Finite(norms[c]);
    }
    quick.most = static_cast<T>(most);
    return ran;
  }

  // ---- Labels and sums ----

  // The nearest centre of each point of [begin, end), and their sums where there is a `state`. The number of changes.
  HWY_NOINLINE int64_t Assign(int64_t begin, int64_t end, double* state) {
    T* tile = tiles + job.lane() * kPoints<T> * d;
    double* direct = directs + job.lane() * direct_size;
    int64_t changes = 0;
    for (int64_t at = begin; at < end; at += kPoints<T>) {
      const int64_t count = Least(kPoints<T>, end - at);
      int32_t nearest[kPoints<T>];
      int64_t doubtful[kPoints<T> + 3], doubts = 0;
      if (count < kPoints<T>) __builtin_memset(tile, 0, static_cast<size_t>(kPoints<T> * d) * sizeof(T));
      Transpose(Row(at), stride, int64_t{1}, tile, kPoints<T>, count, d);
      // The next tile comes to the cache meanwhile: the processor looks no further than a page, and a tile is about
      // one.
      if (const char* next = reinterpret_cast<const char*>(Row(at + kPoints<T>));
          at + 2 * kPoints<T> <= end && stride == d && d <= kAhead)
        for (int64_t byte = 0; byte < kPoints<T> * d * static_cast<int64_t>(sizeof(T)); byte += 64)
          __builtin_prefetch(next + byte, 0, 3);
      Nearest<T>(tile, d, k, quick, nearest);
      uint32_t* label = labels + at;
      for (int64_t p = 0; p < count; ++p) {
        if (nearest[p] < 0) {
          doubtful[doubts++] = p;
          continue;
        }
        const auto found = static_cast<uint32_t>(nearest[p]);
        changes += found != label[p];
        label[p] = found;
      }
      if (HWY_UNLIKELY(doubts > 0)) changes += Decide(at, doubtful, doubts, direct);
      if (k * d * kPoints<T> > kTerms / 4 && job.stopped()) break;
      if (state != nullptr) Add(at, at + count, 0, d, state);
    }
    return changes;
  }

  HWY_NOINLINE int64_t Decide(int64_t at, int64_t* doubtful, int64_t doubts, double* direct) {
    int64_t changes = 0;
    for (int64_t i = doubts; i % 4 != 0; ++i) doubtful[i] = doubtful[0];
    for (int64_t i = 0; i < doubts; i += 4) {
      if (i > 0 && k * d > kTerms / 16 && job.stopped()) break;
      const T* const rows[4] = {Row(at + doubtful[i]), Row(at + doubtful[i + 1]), Row(at + doubtful[i + 2]),
                                Row(at + doubtful[i + 3])};
      Direct(rows, d, across, pad, direct);
      for (int64_t p = 0; p < Least(4, doubts - i); ++p) {
        double least = kInfinity;
        uint32_t found = 0;
        for (int64_t c = 0; c < k; ++c)
          if (direct[p * pad + c] < least) least = direct[p * pad + c], found = static_cast<uint32_t>(c);
        uint32_t& label = labels[at + doubtful[i + p]];
        changes += found != label;
        label = found;
      }
    }
    return changes;
  }

  HWY_INLINE void Add(int64_t begin, int64_t end, int64_t from, int64_t to, double* state) {
    AddUp(x, stride, labels, begin, end, d, from, to, state);
    if (from == 0)
      for (int64_t i = begin; i < end; ++i) state[k * d + labels[i]] += 1;
  }

  // New labels, and with `sums` what their points add up to, in states[0].
  HWY_NOINLINE __attribute__((cold)) bool Label(bool sums) {
    const int64_t size = StateSize();
    int64_t grains = blocks;
    if (fused) {
      const bool ran = job.For(blocks, 1, [&](int64_t b, int64_t) {
        double* state = states + b * size;
        if (sums) __builtin_memset(state, 0, static_cast<size_t>(size) * sizeof(double));
        changed[b] = Assign(b * block, BlockEnd(b), sums ? state : nullptr);
      });
      if (!ran) return false;
    } else {
      grains = (n + chunk - 1) / chunk;
      const bool ran = job.For(
          grains, 1, [&](int64_t b, int64_t) { changed[b] = Assign(b * chunk, Least(n, (b + 1) * chunk), nullptr); });
      if (!ran || (sums && !SumUp())) return false;
    }
    changes = 0;
    for (int64_t b = 0; b < grains; ++b) changes += changed[b];
    return !sums || Join();
  }

  // The states of all blocks from the labels that are there.
  HWY_NOINLINE __attribute__((cold)) bool SumUp() {
    const int64_t size = StateSize(), bands = (d + band - 1) / band;
    return job.For(blocks * bands, 1, [&](int64_t at, int64_t) {
      const int64_t b = at / bands, from = at % bands * band, to = Least(d, from + band);
      double* state = states + b * size;
      if (bands == 1)
        __builtin_memset(state, 0, static_cast<size_t>(size) * sizeof(double));
      else
        for (int64_t c = 0; c < k; ++c) {
          __builtin_memset(state + c * d + from, 0, static_cast<size_t>(to - from) * sizeof(double));
          if (from == 0) state[k * d + c] = 0;
        }
      for (int64_t i = b * block, end = BlockEnd(b); i < end; i += 4096) {
        if (block > 16384 && job.stopped()) return;
        Add(i, Least(end, i + 4096), from, to, state);
      }
    });
  }

  HWY_NOINLINE __attribute__((cold)) bool Join() {
    if (blocks == 1) return true;
    const int64_t size = StateSize();
    return job.For((size + kStripe - 1) / kStripe, 1, [&](int64_t at, int64_t) {
      const int64_t from = at * kStripe, to = Least(size, from + kStripe);
      for (int64_t step = 1; step < blocks; step *= 2) {
        if (job.stopped()) return;
        for (int64_t i = 0; i + step < blocks; i += 2 * step) {
          double *left = states + i * size, *right = states + (i + step) * size;
          for (int64_t e = from; e < to; ++e) left[e] += right[e];
        }
      }
    });
  }

  // Distances to the own centre, and of each block their sum or the greatest.
  HWY_NOINLINE __attribute__((cold)) bool Measure(bool greatest) {
    return job.For(blocks, 1, [&](int64_t b, int64_t) {
      double sum = 0, most = -1;
      for (int64_t i = b * block, end = BlockEnd(b); i < end; ++i) {
        const double apart = Square(Row(i), centres + labels[i] * d, d);
        if (greatest) distances[i] = apart;
        if (apart > most) most = apart, farthest[b] = i;
        sum += apart;
        if ((i + 1) * d % (kTerms / 4) < d && job.stopped()) return;
      }
      partial[b] = greatest ? most : sum;
    });
  }
  HWY_NOINLINE __attribute__((cold)) double SumOfBlocks() {
    for (int64_t step = 1; step < blocks; step *= 2)
      for (int64_t i = 0; i + step < blocks; i += 2 * step) partial[i] += partial[i + step];
    return partial[0];
  }

  // Each cluster without points takes the point that is farthest from its centre, the first of equal ones, from where
  // it was; none is left at distance 0.
  HWY_NOINLINE __attribute__((cold)) bool Relocate() {
    double* counts = states + k * d;
    bool any = false;
    for (int64_t c = 0; c < k; ++c) any = any || counts[c] == 0;
    if (!any) return true;
    if (!Measure(true)) return false;
    return job.Serial([&] {
      for (int64_t c = 0; c < k; ++c) {
        if (counts[c] != 0) continue;
        int64_t best = 0;
        for (int64_t b = 1; b < blocks; ++b)
          if (partial[b] > partial[best]) best = b;
        if (!(partial[best] > 0) || job.stopped()) return;
        const int64_t i = farthest[best], own = labels[i];
        for (int64_t j = 0; j < d; ++j) {
          const double value = static_cast<double>(Row(i)[j]);
          states[own * d + j] -= value;
          states[c * d + j] = value;
        }
        counts[own] -= 1;
        counts[c] = 1;
        distances[i] = partial[best] = -1;
        for (int64_t p = best * block, end = BlockEnd(best); p < end; ++p)
          if (distances[p] > partial[best]) partial[best] = distances[p], farthest[best] = p;
      }
    });
  }

  // The mean of the columns' variances: what the points are from their mean, by the same steps with one cluster.
  HWY_NOINLINE __attribute__((cold)) bool Spread(double& spread) {
    const int64_t clusters = k;
    k = 1;
    bool ran = SumUp() && Join();
    for (int64_t j = 0; ran && j < d; ++j) centres[j] = states[j] / static_cast<double>(n);
    ran = ran && Measure(false);
    spread = ran ? SumOfBlocks() / (static_cast<double>(n) * static_cast<double>(d)) : 0;
    k = clusters;
    return ran;
  }

  // ---- Seeds ----

  struct Draws {
    philox::Source source;
    uint64_t next;
    HWY_INLINE double Next() {
      uint32_t words[4];
      philox::Block(source, next++, words);
      return static_cast<double>(uint64_t{words[0]} << 21 | words[1] >> 11) * 0x1p-53;
    }
  };

  HWY_INLINE void Candidate(int64_t lane, int64_t lanes, int64_t point) {
    for (int64_t j = 0; j < d; ++j) across[j * lanes + lane] = static_cast<double>(Row(point)[j]);
  }

  // partial[b * kMaxLanes + t] = Σ of the least distance of each point to the centres before and candidate t; the last
  // of them is not yet in `distances`, and stands in lane `count`.
  HWY_NOINLINE __attribute__((cold)) bool Weigh(int64_t count, int64_t lanes, bool first) {
    return job.For(blocks, 1, [&](int64_t b, int64_t) {
      const hn::ScalableTag<double> tag;
      double* direct = directs + job.lane() * direct_size;
      alignas(64) double sums[kMaxLanes] = {};
      for (int64_t i = b * block, end = BlockEnd(b); i < end; i += 4) {
        const T* const rows[4] = {Row(i), Row(Least(i + 1, end - 1)), Row(Least(i + 2, end - 1)),
                                  Row(Least(i + 3, end - 1))};
        Direct(rows, d, across, lanes, direct);
        for (int64_t p = 0; p < Least(4, end - i); ++p) {
          const double* to = direct + p * lanes;
          double near = first ? kInfinity : distances[i + p];
          if (!first && to[count] < near) near = to[count];
          distances[i + p] = near;
          const auto nearest = hn::Set(tag, near);
          for (int64_t t = 0; t < lanes; t += HWY_LANES(double))
            hn::Store(hn::Add(hn::Load(tag, sums + t), hn::Min(hn::LoadU(tag, to + t), nearest)), tag, sums + t);
        }
        if ((i + 4) * d * lanes % kTerms < 4 * d * lanes && job.stopped()) return;
      }
      __builtin_memcpy(partial + b * kMaxLanes, sums, sizeof sums);
    });
  }

  // The point at which the sum of the least distances, up to centre `last` (lane `lane`), exceeds `target`.
  HWY_NOINLINE __attribute__((cold)) int64_t Pick(double target, int64_t lane, const double* last) {
    double sum = 0;
    int64_t b = 0, found = -1;
    for (int64_t at = 0; at < blocks; ++at) {
      const double weight = partial[at * kMaxLanes + lane];
      if (weight > 0) found = at;
      if (sum + weight > target) break;
      sum += weight;
      b = at + 1;
    }
    if (found < 0) return 0;
    if (b == blocks) {
      b = found;
      sum -= partial[b * kMaxLanes + lane];
    }
    int64_t pick = b * block;
    for (int64_t i = b * block, end = BlockEnd(b); i < end; ++i) {
      const double apart = Square(Row(i), last, d);
      const double weight = apart < distances[i] ? apart : distances[i];
      if (weight > 0) pick = i;
      sum += weight;
      if (sum > target) break;
      if ((i + 1) * d % (kTerms / 4) < d && job.stopped()) break;
    }
    return pick;
  }

  // False if the job stopped, or distances are not finite, which `sound` says then.
  HWY_NOINLINE __attribute__((cold)) bool Seed(Draws draws) {
    sound = true;
    const int64_t trials = k == 1 ? 1 : TrialsOf(k), lanes = (trials + 8) / 8 * 8;
    double uniform[kMaxLanes];
    int64_t candidates[kMaxLanes];
    candidates[0] = static_cast<int64_t>(draws.Next() * static_cast<double>(n));
    int64_t count = 1, lane = 0;
    for (int64_t c = 0;; ++c) {
      for (int64_t t = 0; t < count; ++t) Candidate(t, lanes, candidates[t]);
      if (c > 0)
        for (int64_t j = 0; j < d; ++j) across[j * lanes + count] = centres[(c - 1) * d + j];
      if (!Weigh(count, lanes, c == 0)) return false;
      double least = kInfinity;
      lane = 0;
      for (int64_t t = 0; t < count; ++t) {
        double sum = 0;
        for (int64_t b = 0; b < blocks; ++b) sum += partial[b * kMaxLanes + t];
        if (sum < least) least = sum, lane = t;
      }
      sound = Finite(least);
      if (!sound) return false;
      for (int64_t j = 0; j < d; ++j) centres[c * d + j] = static_cast<double>(Row(candidates[lane])[j]);
      if (c + 1 == k) return true;
      for (int64_t t = 0; t < trials; ++t) uniform[t] = draws.Next();
      const bool ran = job.For(trials, 1, [&](int64_t t, int64_t) {
        candidates[t] = least > 0 ? Pick(uniform[t] * least, lane, centres + c * d)
                                  : static_cast<int64_t>(uniform[t] * static_cast<double>(n));
      });
      if (!ran) return false;
      count = trials;
    }
  }

  static int64_t TrialsOf(int64_t clusters) {
    // 2 + ln k, downwards.
    int64_t trials = 2;
    for (double bound = 2.718281828459045; static_cast<double>(clusters) >= bound; bound *= 2.718281828459045) ++trials;
    return trials;
  }

  // ---- A run ----

  struct Outcome {
    double inertia;
    int64_t iterations;
    bool converged;
  };

  // False if the job stopped.
  HWY_NOINLINE __attribute__((cold)) bool Run(int64_t iterations, double tolerance, Outcome& outcome) {
    outcome = {__builtin_nan(""), 0, false};
    if (!Publish(false)) return false;
    if (!sound) return true;
    bool settled = false;
    while (outcome.iterations < iterations && !outcome.converged) {
      ++outcome.iterations;
      if (!Label(true)) return false;
      if (outcome.iterations > 1 && changes == 0) {
        outcome.converged = settled = true;
        break;
      }
      if (!Relocate()) return false;
      if (!Publish(true)) return false;
      double shift = 0;
      for (int64_t c = 0; c < k; ++c) shift += moved[c];
      if (!sound || !Finite(shift)) return true;
      outcome.converged = shift <= tolerance;
    }
    if ((!settled && !Label(false)) || !Measure(false)) return false;
    outcome.inertia = SumOfBlocks();
    return true;
  }
};

}  // namespace kmeans
}  // namespace
}  // namespace offloop::OFFLOOP_ISA
