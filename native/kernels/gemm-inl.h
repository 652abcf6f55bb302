// Matrix products: C = alpha·A·B + beta·C, for floats, doubles and, exactly, small whole numbers.
//
// The loops are those of BLIS (Van Zee & van de Geijn, ACM Trans. Math. Softw. 41, 2015), seen from the rows of C:
// vectors run along a row of C and of B, elements of A are broadcast. B is packed, for at most kDepth of its rows at a
// time, into panels of one to kVectors vectors, once for all threads; tiles of C are the grains. A tile takes one panel
// after the other to all of its rows: the panel and the rows stay in the second cache, which two hardware threads may
// share. Rows of A are used where they lie, and copied only where their elements are not side by side.
//
// An element of C depends on its row of A and its column of B alone: within a pass of kDepth terms, fused
// multiply-adds in the order of k, starting from zero (on SSE4: a multiplication and an addition); then
// C = alpha·sum + beta·C, with beta = 1 from the second pass on. The passes are about equal: see Depth().
//
// Who needs a product inside a grain, on one thread and without allocating, takes Leaf() and brings a Workspace.
// Gemm() is for bodies.
#pragma once

#include "core/cpu.h"
#include "core/job.h"
#include "kernels/simd-inl.h"

// Not in an unnamed namespace, so that the linker keeps one copy for each instruction set of what several kernels use.
namespace offloop::OFFLOOP_ISA {
namespace gemm {

namespace hn = hwy::HWY_NAMESPACE;

// A matrix of any strides: element (i, j) is data[i * row_stride + j * col_stride]. Its transpose swaps them.
template <class T>
struct View {
  const T* data;
  int64_t row_stride, col_stride;
  uint8_t flip = 0;  // for bytes: 0x80 if they are signed
  HWY_INLINE View At(int64_t i, int64_t j) const {
    return {data + i * row_stride + j * col_stride, row_stride, col_stride, flip};
  }
};

#if HWY_ARCH_ARM || (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
constexpr int kRows = 8, kVectors = 3;  // 24 accumulators of 32 registers; 6 × 4 would read more of B for as many
#else
constexpr int kRows = 6, kVectors = 2;  // 12 of 16
#endif

// What is multiplied: elements In, packed as Packed (of which one holds kTerms terms of the sum), summed as Sum.
template <class T>
struct Real {
  using In = T;
  using Packed = T;
  using Sum = T;
  static constexpr int kTerms = 1;
  using D = hn::ScalableTag<T>;
  using V = hn::Vec<D>;
  static HWY_INLINE V MulAdd(V a, V b, V sum) { return hn::MulAdd(a, b, sum); }
};

// Bytes, signed or not, widened to pairs of 16 bits: pmaddwd. Multiplying bytes themselves (pmaddubsw) would saturate.
struct Bytes {
  using In = uint8_t;
  using Packed = int32_t;
  using Sum = int32_t;
  static constexpr int kTerms = 2;
  using D = hn::ScalableTag<int32_t>;
  using V = hn::Vec<D>;
  static HWY_INLINE V MulAdd(V a, V b, V sum) {
#if HWY_ARCH_X86
    const hn::Repartition<int16_t, D> pairs;
    V unused = sum;
    return hn::ReorderWidenMulAccumulate(D(), hn::BitCast(pairs, a), hn::BitCast(pairs, b), sum, unused);
#else
    const auto low = [](V v) { return hn::ShiftRight<16>(hn::ShiftLeft<16>(v)); };
    return hn::Add(hn::Add(sum, hn::Mul(low(a), low(b))), hn::Mul(hn::ShiftRight<16>(a), hn::ShiftRight<16>(b)));
#endif
  }
};

template <class K>
constexpr int kLanes = HWY_LANES(typename K::Sum);

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
// The same where one instruction adds besides (VNNI): as many a cycle as fused multiply-adds.
struct DotBytes : Bytes {
  static HWY_INLINE V MulAdd(V a, V b, V sum) {
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum.raw) : "v"(a.raw), "v"(b.raw));
    return sum;
  }
};
#endif
// Packed elements in a pass.
template <class K>
constexpr int64_t kDepth = (K::kTerms == 1 ? 4096 : 2048) / static_cast<int64_t>(sizeof(typename K::Packed));
template <class K>
constexpr int64_t kWidth = int64_t{kVectors} * kLanes<K>;
// An odd number of cache lines, so that rows of a copy do not share the sets of the caches.
template <class K>
constexpr int64_t kPitch = kDepth<K> + 64 / static_cast<int64_t>(sizeof(typename K::Packed));

// Packed elements of each pass but the last over `k` of them.
template <class K>
HWY_INLINE int64_t Depth(int64_t k) {
  const int64_t passes = (k + kDepth<K> - 1) / kDepth<K>;
  return passes <= 1 ? k : ((k + passes - 1) / passes + 7) / 8 * 8;
}

// What is inside C of a tile that juts out of it.
template <class T>
HWY_NOINLINE void StoreEdge(const T* edge, int64_t pitch, T* c, int64_t c_step, int64_t height, int64_t width, T beta) {
  for (int64_t r = 0; r < height; ++r)
    for (int64_t j = 0; j < width; ++j) {
      T* to = c + r * c_step + j;
      const T product = edge[r * pitch + j];
      *to = beta == 0 ? product : product + beta * *to;
    }
}

// c[r][·] = alpha · Σ_k rows[r][k]·panel[k][·] + beta · c[r][·] for `height` <= kRows rows and `width` columns, at most
// the panel's. Reads all kRows rows: the spare ones may be any of the others.
template <class K, int vectors>
HWY_NOINLINE void Multiply(const typename K::Packed* const* rows, const typename K::Packed* HWY_RESTRICT panel,
                           int64_t step, int64_t depth, typename K::Sum* HWY_RESTRICT c, int64_t c_step, int64_t height,
                           int64_t width, typename K::Sum alpha, typename K::Sum beta) {
  using T = typename K::Sum;
  constexpr int lanes = kLanes<K>;
  const typename K::D d;
  const typename K::Packed* from[kRows];
  for (int r = 0; r < kRows; ++r) from[r] = rows[r];
  for (int64_t r = 0; r < height; ++r)
    for (int v = 0; v < vectors; ++v) __builtin_prefetch(c + r * c_step + v * lanes, 1, 3);
  typename K::V sum[kRows][vectors];  // in registers only if every loop over them is unrolled
  _Pragma("GCC unroll 8") for (int r = 0; r < kRows; ++r) for (int v = 0; v < vectors; ++v) sum[r][v] = hn::Zero(d);
  const auto term = [&](int64_t at) HWY_ATTR __attribute__((always_inline)) {
    typename K::V b[vectors];
    for (int v = 0; v < vectors; ++v) b[v] = hn::LoadU(d, panel + v * lanes);
    panel += step;
    const auto row = [&](int r) HWY_ATTR __attribute__((always_inline)) {
      const auto a = hn::Set(d, from[r][at]);
      for (int v = 0; v < vectors; ++v) sum[r][v] = K::MulAdd(a, b[v], sum[r][v]);
    };
    row(0);
    row(1);
    row(2);
    row(3);
    row(4);
    row(5);
    if constexpr (kRows == 8) {
      row(6);
      row(7);
    }
  };
  int64_t k = 0;
  for (; k + 2 <= depth; k += 2) {
    term(k);
    term(k + 1);
  }
  if (k < depth) term(k);
  const auto by = hn::Set(d, alpha), keep = hn::Set(d, beta);
  if (HWY_LIKELY(height == kRows && width == vectors * lanes)) {
    _Pragma("GCC unroll 8") for (int r = 0; r < kRows; ++r) for (int v = 0; v < vectors; ++v) {
      T* to = c + r * c_step + v * lanes;
      const auto product = hn::Mul(by, sum[r][v]);
      hn::StoreU(beta == 0 ? product : hn::Add(product, hn::Mul(keep, hn::LoadU(d, to))), d, to);
    }
    return;
  }
  alignas(64) T edge[kRows * vectors * lanes];
  _Pragma("GCC unroll 8") for (int r = 0; r < kRows; ++r) for (int v = 0; v < vectors; ++v)
      hn::Store(hn::Mul(by, sum[r][v]), d, edge + (r * vectors + v) * lanes);
  StoreEdge(edge, vectors * lanes, c, c_step, height, width, beta);
}

template <class K>
using Multiplier = void (*)(const typename K::Packed* const*, const typename K::Packed*, int64_t, int64_t,
                            typename K::Sum*, int64_t, int64_t, int64_t, typename K::Sum, typename K::Sum);

template <class K>
HWY_INLINE Multiplier<K> MultiplierOf(int64_t vectors) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  if constexpr (K::kTerms == 2) {
    if (vectors == 3 && CpuHasVnni()) return &Multiply<DotBytes, 3>;
  }
#endif
  if constexpr (kVectors == 3) {
    if (vectors == 3) return &Multiply<K, 3>;
  }
  return vectors == 2 ? &Multiply<K, 2> : &Multiply<K, 1>;
}

// Columns in vectors, vectors in panels of about equal width: 4 vectors are 2 + 2, since a narrow panel is held up by
// its broadcasts.
template <class K>
struct Panels {
  int64_t vectors, count;
  HWY_INLINE explicit Panels(int64_t columns)
      : vectors((columns + kLanes<K> - 1) / kLanes<K>), count((vectors + kVectors - 1) / kVectors) {}
  HWY_INLINE int64_t First(int64_t panel) const {  // in columns
    const int64_t wide = vectors % count;
    return (panel * (vectors / count) + (panel < wide ? panel : wide)) * kLanes<K>;
  }
  HWY_INLINE int64_t Vectors(int64_t panel) const { return vectors / count + (panel < vectors % count ? 1 : 0); }
};

// ---- Copies ----

HWY_INLINE double Widen(double x, uint8_t) { return x; }
HWY_INLINE float Widen(float x, uint8_t) { return x; }
HWY_INLINE int16_t Widen(uint8_t x, uint8_t flip) { return static_cast<int16_t>((x ^ flip) - flip); }

// to[i * pitch + j] = element (i, j), whichever stride is the short one.
template <class In, class T>
HWY_NOINLINE void CopyStrided(const View<In>& from, int64_t rows, int64_t cols, T* HWY_RESTRICT to, int64_t pitch) {
  constexpr int64_t kBlock = 16;
  for (int64_t i0 = 0; i0 < rows; i0 += kBlock)
    for (int64_t j0 = 0; j0 < cols; j0 += kBlock) {
      const int64_t i1 = i0 + kBlock < rows ? i0 + kBlock : rows, j1 = j0 + kBlock < cols ? j0 + kBlock : cols;
      for (int64_t j = j0; j < j1; ++j) {
        const In* source = from.data + i0 * from.row_stride + j * from.col_stride;
        for (int64_t i = i0; i < i1; ++i, source += from.row_stride) to[i * pitch + j] = Widen(*source, from.flip);
      }
    }
}

// The same of rows whose elements lie side by side.
template <class T>
HWY_INLINE void CopyDense(const View<T>& from, int64_t rows, int64_t cols, T* HWY_RESTRICT to, int64_t pitch) {
  for (int64_t i = 0; i < rows; ++i)
    __builtin_memcpy(to + i * pitch, from.data + i * from.row_stride, static_cast<size_t>(cols) * sizeof(T));
}
HWY_INLINE void CopyDense(const View<uint8_t>& from, int64_t rows, int64_t cols, int16_t* to, int64_t pitch) {
  const hn::ScalableTag<int16_t> d;
  const hn::Rebind<uint8_t, decltype(d)> bytes;
  const auto flip = hn::Set(d, int16_t{from.flip});
  constexpr int64_t lanes = HWY_LANES(int16_t);
  for (int64_t i = 0; i < rows; ++i) {
    const uint8_t* row = from.data + i * from.row_stride;
    int64_t j = 0;
    for (; j + lanes <= cols; j += lanes) {
      const auto wide = hn::PromoteTo(d, hn::LoadU(bytes, row + j));
      hn::StoreU(hn::Sub(hn::Xor(wide, flip), flip), d, to + i * pitch + j);
    }
    for (; j < cols; ++j) to[i * pitch + j] = Widen(row[j], from.flip);
  }
}

// Rows of A as Multiply takes them: the terms of a row side by side.
template <class K>
HWY_NOINLINE void CopyRows(const View<typename K::In>& a, int64_t rows, int64_t terms, typename K::Packed* to) {
  if constexpr (K::kTerms == 1) {
    CopyStrided(a, rows, terms, to, kPitch<K>);
  } else {
    auto* halves = reinterpret_cast<int16_t*>(to);
    constexpr int64_t pitch = 2 * kPitch<K>;
    if (a.col_stride == 1)
      CopyDense(a, rows, terms, halves, pitch);
    else
      CopyStrided(a, rows, terms, halves, pitch);
    for (int64_t i = 0; i < rows && terms % 2 != 0; ++i) halves[i * pitch + terms] = 0;
  }
}

// A panel of B: `terms` rows and `columns` <= width columns, the rest zeros; for bytes pairs of rows in one.
template <class T>
HWY_INLINE void PackPanel(const View<T>& b, int64_t terms, int64_t columns, int64_t width, T* HWY_RESTRICT to) {
  if (b.col_stride == 1)
    CopyDense(b, terms, columns, to, width);
  else
    CopyStrided(b, terms, columns, to, width);
  for (int64_t k = 0; columns < width && k < terms; ++k)
    __builtin_memset(to + k * width + columns, 0, static_cast<size_t>(width - columns) * sizeof(T));
}
inline HWY_NOINLINE void PackPanel(const View<uint8_t>& b, int64_t terms, int64_t columns, int64_t width, int32_t* to) {
  const hn::ScalableTag<int32_t> d;
  const hn::Rebind<uint8_t, decltype(d)> bytes;
  const auto flip = hn::Set(d, int32_t{b.flip}), low = hn::Set(d, 0xFFFF);
  constexpr int64_t lanes = HWY_LANES(int32_t);
  for (int64_t k = 0; k < terms; k += 2) {
    const uint8_t *even = b.data + k * b.row_stride, *odd = k + 1 < terms ? even + b.row_stride : nullptr;
    int64_t j = 0;
    if (b.col_stride == 1 && odd != nullptr) {
      const auto widen = [&](const uint8_t* from) HWY_ATTR {
        return hn::Sub(hn::Xor(hn::PromoteTo(d, hn::LoadU(bytes, from)), flip), flip);
      };
      for (; j + lanes <= columns; j += lanes)
        hn::Store(hn::Or(hn::ShiftLeft<16>(widen(odd + j)), hn::And(widen(even + j), low)), d, to + k / 2 * width + j);
    }
    for (; j < width; ++j) {
      const int64_t at = j * b.col_stride;
      const int32_t first = j < columns ? Widen(even[at], b.flip) : 0;
      const int32_t second = j < columns && odd != nullptr ? Widen(odd[at], b.flip) : 0;
      to[k / 2 * width + j] =
          static_cast<int32_t>(static_cast<uint32_t>(second) << 16 | (static_cast<uint32_t>(first) & 0xFFFF));
    }
  }
}

// Packed rows [from, to) of panels [p0, p1) of a slab of B, whose first element is `b`: `terms` rows and `columns`
// columns. Rows side by side are read along all of the panels: pieces of one panel's width would keep memory waiting.
template <class K>
HWY_NOINLINE void PackPanels(const View<typename K::In>& b, const Panels<K>& split, int64_t p0, int64_t p1,
                             int64_t from, int64_t to, int64_t terms, int64_t columns, int64_t length,
                             typename K::Packed* panels) {
  if constexpr (K::kTerms == 1) {
    if (b.col_stride == 1) {
      const typename K::D d;
      constexpr int lanes = kLanes<K>;
      const int64_t first = split.First(p0), end = p1 < split.count ? split.First(p1) : columns;
      for (int64_t k = from; k < to; ++k) {
        const auto* row = b.data + k * b.row_stride;
        for (int64_t p = p0, at = first; p < p1; ++p) {
          const int64_t vectors = split.Vectors(p);
          auto* out = panels + at * length + k * vectors * lanes;
          for (int64_t v = 0; v < vectors; ++v, at += lanes, out += lanes) {
            __builtin_prefetch(row + 2 * b.row_stride + at, 0, 3);
            if (HWY_LIKELY(at + lanes <= end))
              hn::Store(hn::LoadU(d, row + at), d, out);
            else
              for (int64_t j = 0; j < lanes; ++j) out[j] = at + j < end ? row[at + j] : 0;
          }
        }
      }
      return;
    }
  }
  for (int64_t p = p0; p < p1; ++p) {
    const int64_t at = split.First(p), width = split.Vectors(p) * kLanes<K>, first = from * K::kTerms;
    PackPanel(b.At(first, at), to * K::kTerms < terms ? (to - from) * K::kTerms : terms - first,
              columns - at < width ? columns - at : width, width, panels + at * length + from * width);
  }
}

// ---- One thread ----

// Rows of a packed operand at a fixed distance, in groups of kRows against one panel.
template <class K>
HWY_INLINE void Group(const typename K::Packed* first, int64_t stride, int64_t height, const typename K::Packed** to) {
  for (int64_t r = 0; r < kRows; ++r) to[r] = first + (r < height ? r : 0) * stride;
}

// Rows that Multiply reads where they are.
template <class K>
HWY_INLINE bool Direct(const View<typename K::In>& v) {
  return K::kTerms == 1 && v.col_stride == 1;
}

// Few rows of B, whose panels would all be full, do not pay for packing either.
template <class K>
HWY_INLINE bool DirectPanels(const View<typename K::In>& b, int64_t n, int64_t k) {
  return Direct<K>(b) && n % kLanes<K> == 0 && n <= 8192 && k <= 8192 &&
         k * n * static_cast<int64_t>(sizeof(typename K::In)) <= 64 * 1024;
}

// Memory for Leaf(), in packed elements, 64-byte aligned: a panel of B and kRows rows of A.
template <class K>
struct Workspace {
  static constexpr int64_t kPanel = kDepth<K> * kWidth<K>, kCopies = kRows * kPitch<K>;
  typename K::Packed* panel;
  typename K::Packed* rows;
};

// C = alpha·A·B + beta·C, for sizes that take less than a grain.
template <class K>
HWY_NOINLINE void Leaf(const Workspace<K>& work, int64_t m, int64_t n, int64_t k, typename K::Sum alpha,
                       const View<typename K::In>& a, const View<typename K::In>& b, typename K::Sum beta,
                       typename K::Sum* c, int64_t c_step) {
  using P = typename K::Packed;
  if (m <= 0 || n <= 0) return;
  const int64_t packed = (k + K::kTerms - 1) / K::kTerms, depth = Depth<K>(packed);
  const Panels<K> panels(n);
  const bool direct = Direct<K>(a), direct_panels = DirectPanels<K>(b, n, k);
  int64_t from = 0;
  do {
    const int64_t length = from + depth < packed ? depth : packed - from;
    const int64_t first = from * K::kTerms, terms = first + length * K::kTerms < k ? length * K::kTerms : k - first;
    for (int64_t p = 0; p < panels.count; ++p) {
      const int64_t column = panels.First(p), vectors = panels.Vectors(p), width = vectors * kLanes<K>;
      const int64_t columns = n - column < width ? n - column : width;
      const View<typename K::In> right = b.At(first, column);
      const P* panel = direct_panels ? reinterpret_cast<const P*>(right.data) : work.panel;
      if (!direct_panels) PackPanel(right, terms, columns, width, work.panel);
      const Multiplier<K> multiply = MultiplierOf<K>(vectors);
      for (int64_t row = 0; row < m; row += kRows) {
        const int64_t height = m - row < kRows ? m - row : kRows;
        const View<typename K::In> left = a.At(row, first);
        const P* rows[kRows];
        if (!direct) CopyRows<K>(left, height, terms, work.rows);
        Group<K>(direct ? reinterpret_cast<const P*>(left.data) : work.rows, direct ? a.row_stride : kPitch<K>, height,
                 rows);
        multiply(rows, panel, direct_panels ? b.row_stride : width, length, c + row * c_step + column, c_step, height,
                 columns, alpha, from == 0 ? beta : typename K::Sum{1});
      }
    }
    from += depth;
  } while (from < packed);
}

// ---- All threads ----

constexpr double kGrainSeconds = 250e-6;
constexpr int64_t kColumns = 4096;                     // of B, packed at once
constexpr int64_t kCopied = 4096;                      // rows of A, copied at once
constexpr int64_t kCopyGrain = 64;                     // rows
constexpr int64_t kPackColumns = 512, kPackRows = 64;  // of a grain
constexpr int64_t kTileWidth = 256;                    // columns of a tile: with kDepth rows of B in the second cache

// How the columns [0, columns) and rows [0, rows) of a slab are cut into tiles: some panels by some groups of rows, for
// kGrainSeconds at two vectors a cycle, and several for each thread.
template <class K>
struct Tiles {
  static constexpr int64_t kPackWide = kPackColumns / kWidth<K>;
  Panels<K> split;
  int64_t wide, across, height, down;
  HWY_INLINE Tiles(int64_t rows, int64_t columns, int64_t depth, int threads) : split(columns) {
    const int64_t groups = (rows + kRows - 1) / kRows;
    wide = kTileWidth / kWidth<K> > 1 ? kTileWidth / kWidth<K> : 1;
    across = (split.count + wide - 1) / wide;
    const double group = static_cast<double>(kRows * kVectors * (split.count < wide ? split.count : wide)) *
                         static_cast<double>(depth + 8);
    const double share = static_cast<double>(groups * across) / (16.0 * threads), least = 40e3 / group;
    double tall = kGrainSeconds * 2.5e9 / group;
    if (tall > share) tall = share > least ? share : least < tall ? least : tall;
    height = tall < 1 ? 1 : tall < static_cast<double>(groups) ? static_cast<int64_t>(tall) : groups;
    down = (groups + height - 1) / height;
  }
  HWY_INLINE int64_t Count() const { return across * down; }
  HWY_INLINE int64_t PackCount(int64_t depth) const {
    return (split.count + kPackWide - 1) / kPackWide * ((depth + kPackRows - 1) / kPackRows);
  }
};

// Products of fewer terms than this are one grain.
template <class K>
constexpr double kSmall = 100e-6 * 2e9 * kLanes<K>;

template <class K>
HWY_INLINE bool Small(int64_t m, int64_t n, int64_t k) {
  return static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k + 16) <= kSmall<K>;
}

// For job.Total: what Gemm() counts.
template <class K>
HWY_NOINLINE int64_t Items(Job& job, int64_t m, int64_t n, int64_t k, const View<typename K::In>& a) {
  if (m <= 0 || n <= 0) return 0;
  if (Small<K>(m, n, k)) return 1;
  const int64_t packed = (k + K::kTerms - 1) / K::kTerms, depth = Depth<K>(packed);
  const int64_t passes = packed > 0 ? (packed + depth - 1) / depth : 1, block = Direct<K>(a) ? m : kCopied;
  int64_t items = 0;
  for (int64_t column = 0; column < n; column += kColumns) {
    const int64_t columns = n - column < kColumns ? n - column : kColumns;
    items += Tiles<K>(m, columns, depth, job.threads()).PackCount(depth);
    for (int64_t base = 0; base < m; base += block) {
      const int64_t rows = m - base < block ? m - base : block;
      items += Tiles<K>(rows, columns, depth, job.threads()).Count();
      if (!Direct<K>(a)) items += (rows + kCopyGrain - 1) / kCopyGrain;
    }
  }
  return items * passes;
}

// What Gemm() allocates, kept from one call to the next by a body that makes many: a job's Scratch is freed at its end.
template <class K>
struct Memory {
  typename K::Packed *panels = nullptr, *copies = nullptr;
  int64_t panels_length = 0, copies_length = 0;

  HWY_INLINE bool Reserve(Job& job, int64_t panels_wanted, int64_t copies_wanted) {
    return Grow(job, panels_wanted, panels, panels_length) && Grow(job, copies_wanted, copies, copies_length);
  }

 private:
  static HWY_INLINE bool Grow(Job& job, int64_t wanted, typename K::Packed*& memory, int64_t& length) {
    if (wanted <= length) return true;
    memory = job.Scratch<typename K::Packed>(wanted);
    length = memory == nullptr ? 0 : wanted;
    return memory != nullptr;
  }
};

struct Nothing {
  HWY_INLINE void operator()(int64_t, int64_t, int64_t, int64_t) const {}
};

// C = alpha·A·B + beta·C on all threads of the job. `done(i0, i1, j0, j1)` is called in a grain once that part of C is
// there, for what is to be done while it is in the cache. With `upper`, what lies left of the diagonal is unspecified
// (where C is symmetric: half the work). False if the job stopped, or has no memory for its copies.
template <class K, class Done = Nothing>
HWY_NOINLINE bool Gemm(Job& job, int64_t m, int64_t n, int64_t k, typename K::Sum alpha, const View<typename K::In>& a,
                       const View<typename K::In>& b, typename K::Sum beta, typename K::Sum* c, int64_t c_step,
                       bool upper = false, const Done& done = Done(), Memory<K>* kept = nullptr) {
  using P = typename K::Packed;
  if (m <= 0 || n <= 0) return true;
  Memory<K> own;
  Memory<K>& memory = kept == nullptr ? own : *kept;
  const int64_t packed = (k + K::kTerms - 1) / K::kTerms, depth = Depth<K>(packed);
  if (Small<K>(m, n, k)) {
    const int64_t all = Panels<K>(n).vectors * kLanes<K>;
    if (!memory.Reserve(job, DirectPanels<K>(b, n, k) ? 0 : (depth + 1) * (all < kWidth<K> ? all : kWidth<K>),
                        Direct<K>(a) ? 0 : Workspace<K>::kCopies))
      return false;
    const Workspace<K> work{memory.panels, memory.copies};
    return job.Serial([&] {
      Leaf<K>(work, m, n, k, alpha, a, b, beta, c, c_step);
      done(0, m, 0, n);
    });
  }
  const int64_t slab = n < kColumns ? n : kColumns;
  if (!memory.Reserve(job, Panels<K>(slab).vectors * kLanes<K> * (depth > 0 ? depth : 1),
                      Direct<K>(a) ? 0 : (m < kCopied ? m : kCopied) * kPitch<K>))
    return false;
  P *const panels = memory.panels, *const copies = Direct<K>(a) ? nullptr : memory.copies;
  const int64_t row_block = Direct<K>(a) ? m : kCopied;

  for (int64_t column = 0; column < n; column += slab) {
    const int64_t columns = n - column < slab ? n - column : slab;
    int64_t from = 0;
    do {
      const int64_t length = from + depth < packed ? depth : packed - from;
      const int64_t first = from * K::kTerms, terms = first + length * K::kTerms < k ? length * K::kTerms : k - first;
      const bool last = from + length >= packed;
      for (int64_t base = 0; base < m; base += row_block) {
        const int64_t rows = m - base < row_block ? m - base : row_block;
        const Tiles<K> tiles(rows, columns, depth, job.threads());
        const Panels<K>& split = tiles.split;
        const auto packing = [&](int64_t begin, int64_t end) {
          const int64_t across = (split.count + tiles.kPackWide - 1) / tiles.kPackWide;
          for (int64_t grain = begin; grain < end; ++grain) {
            const int64_t p0 = grain % across * tiles.kPackWide, k0 = grain / across * kPackRows;
            const int64_t p1 = p0 + tiles.kPackWide < split.count ? p0 + tiles.kPackWide : split.count;
            const int64_t k1 = k0 + kPackRows < length ? k0 + kPackRows : length;
            if (k0 < k1) PackPanels<K>(b.At(first, column), split, p0, p1, k0, k1, terms, columns, length, panels);
          }
        };
        if (base == 0 && !job.For(tiles.PackCount(depth), 1, packing)) return false;
        const View<typename K::In> left = a.At(base, first);
        const auto copying = [&](int64_t begin, int64_t end) {
          const int64_t row = begin * kCopyGrain, to = end * kCopyGrain < rows ? end * kCopyGrain : rows;
          CopyRows<K>(left.At(row, 0), to - row, terms, copies + row * kPitch<K>);
        };
        if (copies != nullptr && !job.For((rows + kCopyGrain - 1) / kCopyGrain, 1, copying)) return false;
        const P* source = copies != nullptr ? copies : reinterpret_cast<const P*>(left.data);
        const int64_t stride = copies != nullptr ? kPitch<K> : a.row_stride;
        const auto multiplying = [&](int64_t begin, int64_t end) {
          for (int64_t tile = begin; tile < end; ++tile) {
            const int64_t p0 = tile / tiles.down * tiles.wide;
            const int64_t p1 = p0 + tiles.wide < split.count ? p0 + tiles.wide : split.count;
            const int64_t tall = tiles.height * kRows, i0 = tile % tiles.down * tall;
            const int64_t i1 = i0 + tall < rows ? i0 + tall : rows;
            const int64_t j1 = p1 < split.count ? split.First(p1) : columns;
            if (upper && column + j1 <= base + i0) continue;
            for (int64_t p = p0; p < p1; ++p) {
              const int64_t at = split.First(p), vectors = split.Vectors(p), width = vectors * kLanes<K>;
              const auto multiply = MultiplierOf<K>(vectors);
              for (int64_t row = i0; row < i1; row += kRows) {
                const int64_t high = i1 - row < kRows ? i1 - row : kRows;
                const P* group[kRows];
                Group<K>(source + row * stride, stride, high, group);
                multiply(group, panels + at * length, width, length, c + (base + row) * c_step + column + at, c_step,
                         high, columns - at < width ? columns - at : width, alpha,
                         from == 0 ? beta : typename K::Sum{1});
              }
            }
            if (last) done(base + i0, base + i1, column + split.First(p0), column + j1);
          }
        };
        if (!job.For(tiles.Count(), 1, multiplying)) return false;
      }
      from += depth;
    } while (from < packed);
  }
  return true;
}

constexpr int64_t kMirror = 32;  // rows

// What is right of the diagonal of an n × n matrix, to the left of it.
template <class T>
HWY_INLINE bool Mirror(Job& job, int64_t n, T* c) {
  const auto mirror = [&](int64_t begin, int64_t end) {
    const int64_t i0 = begin * kMirror, i1 = end * kMirror < n ? end * kMirror : n;
    for (int64_t j0 = 0; j0 < i1; j0 += kMirror)
      for (int64_t i = i0; i < i1; ++i)
        for (int64_t j = j0; j < j0 + kMirror && j < i; ++j) c[i * n + j] = c[j * n + i];
  };
  return job.For((n + kMirror - 1) / kMirror, 1, mirror);
}

HWY_INLINE int64_t MirrorItems(int64_t n) { return (n + kMirror - 1) / kMirror; }

}  // namespace gemm
}  // namespace offloop::OFFLOOP_ISA
