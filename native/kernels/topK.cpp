// topK: the k best rows of a corpus for every query, by exhaustive search.
//
// The answer is that of the direct score (topK-score-inl.h): exact, unique, the same on
// any number of threads and any instruction set. How it is found is another matter:
//
//   One query    reads the corpus once and scores every row directly: memory's speed.
//   More         multiply blocks of rows and queries in the element type, drop the pairs
//                that provably cannot enter the list (topK-tile-inl.h), score the others
//                directly while their rows are still in the cache, and insert. About
//                k·ln(n / k) pairs per query pass; queries × corpus is never stored.
//
// Where nothing can be dropped (identical rows, a common offset that drowns the
// differences), every pair is scored directly: slower, not wrong.
#include "core/job.h"
#include "kernels/gemm-inl.h"
#include "kernels/topK-list-inl.h"
#include "kernels/topK-tile-inl.h"

namespace offloop::OFFLOOP_ISA {
namespace {

constexpr double kGrainSeconds = 250e-6;

// How far ahead of its use one query's scan asks for memory: on top of kAbreast rows at once, 20 ms
// without, 13 with 512 to 2048 bytes, 14 with 4096 (307 MB, two threads, medians of 31).
constexpr int64_t kAheadBytes = 2048;

// Work between two looks at the stop flag where a grain may take longer than planned: elements
// scored directly or packed, some 0.3 ms.
constexpr int64_t kLook = int64_t{1} << 20;

int64_t Clamp(double value, int64_t low, int64_t high) {
  if (!(value > static_cast<double>(low))) return low;
  return value < static_cast<double>(high) ? static_cast<int64_t>(value) : high;
}

template <class T>
struct Search {
  using S = Tile<T>;
  Job& job;
  Matrix<T> queries, corpus;
  Metric metric;
  Board<T> board;
  int64_t dim;
  Bound bound;
  int64_t depth;        // elements per pass over k
  const T* query_rows;  // contiguous ones
  int64_t query_stride;
  double* query_norms;  // Σ q², by the direct rule
  T* panels;
  int64_t query_block;  // queries per tile
  Workspace<T>* workspaces;
  T* row_buffers;  // for strided corpora, per lane

  // Rows one after the other, so that what comes next can be asked for.
  HWY_INLINE bool Dense() const {
    return corpus.col_stride == 1 && corpus.row_stride >= dim && corpus.row_stride <= 2 * dim;
  }

  // ---- One query ----

  template <Form form>
  HWY_NOINLINE void ScanRows(const double* query, double qq, const T* data, int64_t stride, int64_t first,
                             int64_t count, int64_t ahead) {
    T limit = board.Limit(0);
    const auto offer = [&](int64_t row, const Sums& sums) {
      const T cost = CostOf<T>(metric, sums, qq);
      if (!(cost > limit)) limit = board.Insert(0, cost, static_cast<uint32_t>(first + row));
    };
    // Row i of each of kAbreast equal parts, then what does not divide.
    const int64_t part = count / kAbreast<form>;
    for (int64_t i = 0; i < part; ++i) {
      const T* rows[kAbreast<form>];
      Sums sums[kAbreast<form>];
      for (int r = 0; r < kAbreast<form>; ++r) rows[r] = data + (r * part + i) * stride;
      DirectAbreast<form>(query, rows, dim, ahead, sums);
      for (int r = 0; r < kAbreast<form>; ++r) offer(r * part + i, sums[r]);
    }
    for (int64_t row = part * kAbreast<form>; row < count; ++row)
      offer(row, Direct<form>(query, data + row * stride, dim));
  }

  template <Form form>
  HWY_INLINE void Scan(const double* query, double qq, int64_t from, int64_t to, T* buffer) {
    if (buffer == nullptr) {
      const T* data = corpus.data + from * corpus.row_stride;
      return ScanRows<form>(query, qq, data, corpus.row_stride, from, to - from, Dense() ? kAheadBytes : 0);
    }
    for (int64_t row = from; row < to; row += kVirtual) {
      const int64_t count = row + kVirtual < to ? kVirtual : to - row;
      Gather(corpus, row, count, 0, dim, buffer, dim);
      ScanRows<form>(query, qq, buffer, dim, row, count, 0);
    }
  }

  Status One() {
    const int64_t wide = (dim + kVirtual - 1) / kVirtual * kVirtual, threads = job.threads();
    const bool strided = corpus.col_stride != 1;
    if (dim > int64_t{1} << 40) return Status::kNoMemory;  // a column stride of 0: no memory, but a size
    double* query = job.Scratch<double>(wide);
    row_buffers = strided ? job.Scratch<T>(threads * kVirtual * dim) : nullptr;
    if (query == nullptr || (strided && row_buffers == nullptr)) return Status::kNoMemory;
    for (int64_t i = 0; i < wide; ++i)
      query[i] = i < dim ? static_cast<double>(queries.data[i * queries.col_stride]) : 0;
    const double qq = Direct<Form::kDot>(query, query, dim).dot;
    board.Reset(0);
    // 10 GB/s and 12 ns a row: what one of two busy threads does.
    const double row_seconds = static_cast<double>(dim) * sizeof(T) * (strided ? 4 : 1) / 10e9 + 12e-9;
    const int64_t block = Clamp(kGrainSeconds / row_seconds, 1, corpus.rows);
    const int64_t blocks = (corpus.rows + block - 1) / block;
    job.Total(blocks + SortItems(1, board.k));
    const bool ran = job.For(blocks, 1, [&](int64_t begin, int64_t end) {
      const int64_t from = begin * block, to = end * block < corpus.rows ? end * block : corpus.rows;
      T* buffer = strided ? row_buffers + job.lane() * kVirtual * dim : nullptr;
      switch (FormOf(metric)) {
        case Form::kDot:
          return Scan<Form::kDot>(query, qq, from, to, buffer);
        case Form::kDotNorm:
          return Scan<Form::kDotNorm>(query, qq, from, to, buffer);
        case Form::kDiff:
          return Scan<Form::kDiff>(query, qq, from, to, buffer);
      }
    });
    return ran ? Finish() : job.status();
  }

  // ---- Several queries ----

  // A block's queries in vectors, its vectors in panels of about equal width: 7 vectors are
  // 4 + 3, since a narrow panel is held up by its broadcasts (measured with AVX-512: 99 % of
  // the peak at 4 or 3 vectors, 79 % at 2, 45 % at 1).
  struct Panels {
    int64_t vectors, count;
    HWY_INLINE explicit Panels(int64_t queries)
        : vectors((queries + S::kLanes - 1) / S::kLanes), count((vectors + S::kVectors - 1) / S::kVectors) {}
    HWY_INLINE int64_t Width(int64_t panel) const { return vectors / count + (panel < vectors % count ? 1 : 0); }
  };

  HWY_INLINE int64_t QueriesFrom(int64_t first) const {
    return queries.rows - first < query_block ? queries.rows - first : query_block;
  }

  // One block's contiguous copies if need be, norms, packed panels.
  HWY_NOINLINE void Prepare(int64_t first, T* copies) {
    const int64_t count = QueriesFrom(first);
    if (copies != nullptr) Gather(queries, first, count, 0, dim, copies + first * dim, dim);
    const T* rows = query_rows + first * query_stride;
    for (int64_t q = 0; q < count; ++q) {
      const T* row = rows + q * query_stride;
      query_norms[first + q] = DirectPair<Form::kDot>(row, row, dim).dot;
      board.Reset(first + q);
    }
    const Panels split(count);
    T* out = panels + first * dim;
    for (int64_t panel = 0, q = 0; panel < split.count; ++panel) {
      const int64_t width = split.Width(panel) * S::kLanes;
      const int64_t used = count - q < width ? count - q : width;
      for (int64_t i = 0; i < dim; ++i) {
        if ((i + 1) % 16384 == 0 && job.stopped()) return;
        for (int64_t l = 0; l < used; ++l) out[i * width + l] = rows[(q + l) * query_stride + i];
        for (int64_t l = used; l < width; ++l) out[i * width + l] = 0;
      }
      out += width * dim;
      q += width;
    }
  }

  // Corpus rows [from, to) against the queries from `first` on.
  HWY_NOINLINE void Run(int64_t first, int64_t from, int64_t to, int lane) {
    Workspace<T>& w = workspaces[lane];
    const int64_t count = QueriesFrom(first);
    const int64_t padded = Panels(count).vectors * S::kLanes;
    for (int64_t q = 0; q < padded; ++q) {
      w.limits[q] = QuietNaN<T>();
      w.g[q] = 0;
      w.t[q] = q < count ? QuietNaN<T>() : static_cast<T>(__builtin_inf());
    }
    int64_t work = 0;
    for (int64_t row = from; row < to; row += S::kSub) {
      const int64_t rows = to - row < S::kSub ? to - row : S::kSub;
      if (!Products(w, first, count, row, rows)) return;
      for (int64_t q = 0; q < count; ++q) {
        const T limit = board.Limit(first + q);
        if (limit != w.limits[q] && limit == limit) Lower(w, first, q, limit);
      }
      for (int64_t r = 0; r < rows; ++r)
        if (!Filter(w, first, count, r, row + r, lane, work)) return;
    }
  }

  HWY_INLINE void Lower(Workspace<T>& w, int64_t first, int64_t q, T limit) {
    w.limits[q] = limit;
    QueryTerms(metric, limit, query_norms[first + q], bound, w.g[q], w.t[q]);
  }

  // w.products and w.terms of corpus rows [row, row + rows). False if the job stopped.
  HWY_NOINLINE bool Products(Workspace<T>& w, int64_t first, int64_t count, int64_t row, int64_t rows) {
    const int64_t groups = (rows + S::kRows - 1) / S::kRows;
    const Panels split(count);
    // Rows that lie one after the other are asked for ahead of time: each call of Multiply
    // asks for its share of the next rows. A hint past the end does no harm.
    const bool dense = Dense();
    uintptr_t ahead = reinterpret_cast<uintptr_t>(corpus.data);
    if (dense) ahead += static_cast<uintptr_t>((row + rows) * corpus.row_stride) * sizeof(T);
    for (int64_t from = 0; from < dim; from += depth) {
      const int64_t length = from + depth < dim ? depth : dim - from;
      Copy(w, row, rows, groups * S::kRows, from, length);
      const T* panel = panels + first * dim;
      for (int64_t p = 0, column = 0; p < split.count; ++p) {
        const int64_t vectors = split.Width(p), width = vectors * S::kLanes;
        auto* multiply = &Multiply<T, 1>;
        if (vectors == 2) multiply = &Multiply<T, 2>;
        if constexpr (S::kVectors == 4) {
          if (vectors == 3) multiply = &Multiply<T, 3>;
          if (vectors == 4) multiply = &Multiply<T, 4>;
        }
        for (int64_t group = 0; group < groups; ++group) {
          multiply(w.rows + group * S::kRows * S::kPitch, panel + from * width, length,
                   w.products + group * S::kRows * S::kQueries + column, from != 0, ahead);
          if (dense) ahead += static_cast<uintptr_t>(length / 4 * 64);
        }
        panel += width * dim;
        column += width;
      }
      if (dim > 8 * depth && job.stopped()) return false;
    }
    for (int64_t r = 0; r < rows; ++r) {
      const T square = w.terms[r];
      w.terms[r] = square == 0 && IsZero(row + r) ? T{0} : RowTerm(metric, square, bound);
    }
    return true;
  }

  HWY_INLINE void Copy(Workspace<T>& w, int64_t row, int64_t rows, int64_t padded, int64_t from, int64_t length) {
    const bool strided = corpus.col_stride != 1;
    if (strided) Gather(corpus, row, rows, from, from + length, w.rows, S::kPitch);
    for (int64_t r = 0; r < rows; ++r) {
      T* out = w.rows + r * S::kPitch;
      const T square = CopyRow(strided ? out : corpus.data + (row + r) * corpus.row_stride + from, length, out);
      w.terms[r] = from == 0 ? square : w.terms[r] + square;
    }
    for (int64_t r = rows; r < padded; ++r)
      for (int64_t i = 0; i < length; ++i) w.rows[r * S::kPitch + i] = 0;
  }

  HWY_NOINLINE bool IsZero(int64_t row) const {
    const T* data = corpus.data + row * corpus.row_stride;
    for (int64_t i = 0; i < dim; ++i)
      if (!(data[i * corpus.col_stride] == 0)) return false;
    return true;
  }

  // Scores the pairs of one corpus row that the filter lets through. False if the job stopped.
  HWY_INLINE bool Filter(Workspace<T>& w, int64_t first, int64_t count, int64_t r, int64_t index, int lane,
                         int64_t& work) {
    const Wide<T> d;
    const T* products = w.products + r * S::kQueries;
    const auto m = hn::Set(d, w.terms[r]);
    const T* row = nullptr;
    for (int64_t q = 0; q < count; q += S::kLanes) {
      const auto least = hn::MulAdd(hn::Load(d, w.g + q), m, hn::Load(d, w.t + q));
      const auto drop = hn::Lt(hn::Load(d, products + q), least);
      if (HWY_LIKELY(hn::AllTrue(d, drop))) continue;
      uint8_t bytes[8] = {};
      hn::StoreMaskBits(d, hn::Not(drop), bytes);
      uint32_t bits = bytes[0] | static_cast<uint32_t>(bytes[1]) << 8;
      if (count - q < S::kLanes) bits &= (1u << (count - q)) - 1;
      if (row == nullptr) row = Row(index, lane);
      for (; bits != 0; bits &= bits - 1) {
        Candidate(w, first, q + __builtin_ctz(bits), index, row);
        if ((work += dim + 64) >= kLook) {
          if (job.stopped()) return false;
          work = 0;
        }
      }
    }
    return true;
  }

  HWY_NOINLINE void Candidate(Workspace<T>& w, int64_t first, int64_t q, int64_t index, const T* row) {
    const T* query = query_rows + (first + q) * query_stride;
    Sums sums;
    switch (FormOf(metric)) {
      case Form::kDot:
        sums = DirectPair<Form::kDot>(query, row, dim);
        break;
      case Form::kDotNorm:
        sums = DirectPair<Form::kDotNorm>(query, row, dim);
        break;
      case Form::kDiff:
        sums = DirectPair<Form::kDiff>(query, row, dim);
        break;
    }
    const T cost = CostOf<T>(metric, sums, query_norms[first + q]);
    if (cost > w.limits[q]) return;
    const T limit = board.Insert(first + q, cost, static_cast<uint32_t>(index));
    if (limit == limit) Lower(w, first, q, limit);
  }

  HWY_INLINE const T* Row(int64_t index, int lane) {
    if (corpus.col_stride == 1) return corpus.data + index * corpus.row_stride;
    T* buffer = row_buffers + lane * dim;
    Gather(corpus, index, 1, 0, dim, buffer, dim);
    return buffer;
  }

  Status Many() {
    const int64_t n = queries.rows, threads = job.threads();
    const bool strided = corpus.col_stride != 1, copied = queries.col_stride != 1;
    // Rows of stride 0 take no memory, so the sizes of packed ones may be anything.
    if (n > (int64_t{1} << 46) / dim) return Status::kNoMemory;
    const int64_t passes = (dim + S::kDepth - 1) / S::kDepth;
    depth = ((dim + passes - 1) / passes + 7) / 8 * 8;
    bound = MakeBound<T>(dim, depth);

    // A tile: up to 128 queries, and rows for kGrainSeconds, at two products a cycle and
    // lane, but no faster than memory.
    const double rate = 2.5e9 * 2 * S::kLanes;
    const double step = (static_cast<double>(dim) + 16) / rate;
    query_block = S::kQueries;
    while (query_block > S::kLanes && static_cast<double>(query_block * S::kSub) * step > 2 * kGrainSeconds)
      query_block /= 2;
    const int64_t wide = n < query_block ? (n + S::kLanes - 1) / S::kLanes * S::kLanes : query_block;
    const double compute = static_cast<double>(wide) * step, memory = static_cast<double>(dim) * sizeof(T) / 10e9;
    int64_t block = Clamp(kGrainSeconds / (compute > memory ? compute : memory), 1, corpus.rows);
    const int64_t fair = (corpus.rows + 4 * threads - 1) / (4 * threads);  // few rows: still something for everyone
    if (n <= query_block && block > fair) block = fair;
    block = block > S::kSub ? (block + S::kSub - 1) / S::kSub * S::kSub : (block + S::kRows - 1) / S::kRows * S::kRows;
    const int64_t query_blocks = (n + query_block - 1) / query_block;
    const int64_t blocks = (corpus.rows + block - 1) / block;

    T* copies = copied ? job.Scratch<T>(n * dim) : nullptr;
    query_rows = copied ? copies : queries.data;
    query_stride = copied ? dim : queries.row_stride;
    query_norms = job.Scratch<double>(n);
    panels = job.Scratch<T>((n + S::kLanes) * dim);
    workspaces = job.Scratch<Workspace<T>>(threads);
    row_buffers = strided ? job.Scratch<T>(threads * dim) : nullptr;
    if (query_rows == nullptr || query_norms == nullptr || panels == nullptr || workspaces == nullptr ||
        (strided && row_buffers == nullptr))
      return Status::kNoMemory;

    job.Total(query_blocks + blocks * query_blocks + SortItems(n, board.k));
    const double prepare_seconds = 1e-9 * static_cast<double>(query_block * dim);
    const int64_t grain = Clamp(kGrainSeconds / prepare_seconds, 1, query_blocks);
    const bool prepared = job.For(query_blocks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t b = begin; b < end; ++b) Prepare(b * query_block, copies);
    });
    if (!prepared) return job.status();
    // Neighbouring tiles share their corpus rows, which so come from memory once.
    const bool ran = job.For(blocks * query_blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t from = tile / query_blocks * block;
        const int64_t to = from + block < corpus.rows ? from + block : corpus.rows;
        Run(tile % query_blocks * query_block, from, to, job.lane());
      }
    });
    return ran ? Finish() : job.status();
  }

  Status Finish() { return SortLists(job, board, queries.rows, Negated(metric)); }
};

template <class T>
Status TopK(Job& job, Matrix<T> queries, Matrix<T> corpus, int64_t k, Enum<Metric> metric, Out<uint32_t> indices,
            Out<T> scores) {
  const int64_t n = queries.rows;
  if (n == 0) return Status::kOk;
  uint32_t* counts = job.Scratch<uint32_t>(2 * n);
  T* limits = job.Scratch<T>(n);
  if (counts == nullptr || limits == nullptr) return Status::kNoMemory;
  const Board<T> board{scores.data, indices.data, counts, counts + n, limits, k};
  Search<T> search{job,     queries, corpus,  metric.value, board, corpus.cols, {},     0,
                   nullptr, 0,       nullptr, nullptr,      0,     nullptr,     nullptr};
  return n == 1 ? search.One() : search.Many();
}

// Bytes: what the same numbers give as floats. Their products are exact in 32-bit integers (up to kMostBytes columns),
// and so are the scores made of them: nothing is looked at twice. The loops are those of Search::Many over the products
// of gemm-inl.h; the filter needs no more room for errors than a few roundings of floats.
constexpr int64_t kMostBytes = 33025;

struct ByteSearch {
  using K = gemm::Bytes;
  static constexpr int kLanes = gemm::kLanes<K>;
  static constexpr int64_t kSub = 8 * gemm::kRows, kQueries = 256, kTerms = 1024;  // terms packed in a grain

  struct Room {
    alignas(64) int32_t rows[kSub * gemm::kPitch<K>];
    alignas(64) int32_t products[kSub * kQueries];
    alignas(64) float g[kQueries];
    alignas(64) float t[kQueries];
    float limits[kQueries];
  };

  Job& job;
  Matrix<uint8_t> queries, corpus;
  Metric metric;
  Board<float> board;
  int64_t dim;
  Bound bound;
  int64_t packed, query_block;  // pairs of elements; queries per tile
  int32_t *query_norms, *row_norms;
  int32_t* panels;
  Room* rooms;

  HWY_INLINE int64_t QueriesFrom(int64_t first) const {
    return queries.rows - first < query_block ? queries.rows - first : query_block;
  }

  static HWY_NOINLINE int32_t Norm(const Matrix<uint8_t>& m, int64_t row) {
    const uint8_t* data = m.data + row * m.row_stride;
    uint32_t sum = 0;
    if (m.col_stride == 1)
      for (int64_t i = 0; i < m.cols; ++i) sum += uint32_t{data[i]} * data[i];
    else
      for (int64_t i = 0; i < m.cols; ++i) sum += uint32_t{data[i * m.col_stride]} * data[i * m.col_stride];
    return static_cast<int32_t>(sum);
  }

  // Part `chunk` of one panel of the block of queries from `first` on.
  HWY_NOINLINE void Prepare(int64_t first, int64_t panel, int64_t chunk) {
    const int64_t count = QueriesFrom(first);
    const gemm::Panels<K> split(count);
    if (panel >= split.count) return;
    const int64_t at = split.First(panel), width = split.Vectors(panel) * kLanes;
    const int64_t used = count - at < width ? count - at : width;
    for (int64_t q = first + at; chunk == 0 && q < first + at + used; ++q) {
      query_norms[q] = Norm(queries, q);
      board.Reset(q);
    }
    const int64_t begin = chunk * kTerms, terms = dim - begin < kTerms ? dim - begin : kTerms;
    const gemm::View<uint8_t> turned{queries.data + first * queries.row_stride, queries.col_stride, queries.row_stride};
    gemm::PackPanel(turned.At(begin, at), terms, used, width, panels + (first + at) * packed + begin / 2 * width);
  }

  HWY_INLINE void Lower(Room& w, int64_t first, int64_t q, float limit) {
    w.limits[q] = limit;
    QueryTerms(metric, limit, query_norms[first + q], bound, w.g[q], w.t[q]);
  }

  // Corpus rows [from, to) against the queries from `first` on.
  HWY_NOINLINE void Run(int64_t first, int64_t from, int64_t to, int lane) {
    Room& w = rooms[lane];
    const int64_t count = QueriesFrom(first);
    const int64_t padded = gemm::Panels<K>(count).vectors * kLanes;
    for (int64_t q = 0; q < padded; ++q) {
      w.limits[q] = QuietNaN<float>();
      w.g[q] = 0;
      w.t[q] = q < count ? QuietNaN<float>() : __builtin_inff();
    }
    for (int64_t row = from; row < to; row += kSub) {
      const int64_t rows = to - row < kSub ? to - row : kSub;
      Products(w, first, count, row, rows);
      for (int64_t q = 0; q < count; ++q) {
        const float limit = board.Limit(first + q);
        if (limit != w.limits[q] && limit == limit) Lower(w, first, q, limit);
      }
      for (int64_t r = 0; r < rows; ++r) Filter(w, first, count, w.products + r * kQueries, row + r);
      if (row + rows < to && job.stopped()) return;
    }
  }

  HWY_NOINLINE void Products(Room& w, int64_t first, int64_t count, int64_t row, int64_t rows) {
    const gemm::Panels<K> split(count);
    const gemm::View<uint8_t> view{corpus.data + row * corpus.row_stride, corpus.row_stride, corpus.col_stride};
    const int64_t depth = gemm::Depth<K>(packed);
    for (int64_t from = 0; from < packed; from += depth) {
      const int64_t length = from + depth < packed ? depth : packed - from;
      const int64_t terms = 2 * (from + length) < dim ? 2 * length : dim - 2 * from;
      gemm::CopyRows<K>(view.At(0, 2 * from), rows, terms, w.rows);
      for (int64_t p = 0; p < split.count; ++p) {
        const int64_t at = split.First(p), vectors = split.Vectors(p), width = vectors * kLanes;
        const auto multiply = gemm::MultiplierOf<K>(vectors);
        const int32_t* panel = panels + (first + at) * packed + from * width;
        for (int64_t r = 0; r < rows; r += gemm::kRows) {
          const int64_t height = rows - r < gemm::kRows ? rows - r : gemm::kRows;
          const int32_t* group[gemm::kRows];
          gemm::Group<K>(w.rows + r * gemm::kPitch<K>, gemm::kPitch<K>, height, group);
          multiply(group, panel, width, length, w.products + r * kQueries + at, kQueries, height, width, 1, from != 0);
        }
      }
    }
  }

  HWY_INLINE void Filter(Room& w, int64_t first, int64_t count, const int32_t* products, int64_t index) {
    const hn::ScalableTag<float> d;
    const hn::ScalableTag<int32_t> whole;
    const int32_t square = row_norms[index];
    const auto m = hn::Set(d, square == 0 ? 0.0f : RowTerm(metric, static_cast<float>(square), bound));
    for (int64_t q = 0; q < count; q += kLanes) {
      const auto least = hn::MulAdd(hn::Load(d, w.g + q), m, hn::Load(d, w.t + q));
      const auto drop = hn::Lt(hn::ConvertTo(d, hn::Load(whole, products + q)), least);
      if (HWY_LIKELY(hn::AllTrue(d, drop))) continue;
      uint8_t bytes[8] = {};
      hn::StoreMaskBits(d, hn::Not(drop), bytes);
      uint32_t bits = bytes[0] | static_cast<uint32_t>(bytes[1]) << 8;
      if (count - q < kLanes) bits &= (1u << (count - q)) - 1;
      for (; bits != 0; bits &= bits - 1) {
        const int64_t at = q + __builtin_ctz(bits);
        Offer(w, first, at, products[at], index);
      }
    }
  }

  HWY_NOINLINE void Offer(Room& w, int64_t first, int64_t q, double dot, int64_t index) {
    const double qq = query_norms[first + q], cc = row_norms[index];
    const bool diff = FormOf(metric) == Form::kDiff;
    const float cost = CostOf<float>(metric, {diff ? qq + cc - 2 * dot : dot, cc}, qq);
    if (cost > w.limits[q]) return;
    const float limit = board.Insert(first + q, cost, static_cast<uint32_t>(index));
    if (limit == limit) Lower(w, first, q, limit);
  }

  Status Search() {
    const int64_t n = queries.rows, threads = job.threads();
    if (dim > kMostBytes || n > (int64_t{1} << 46) / dim) return Status::kNoMemory;
    packed = (dim + 1) / 2;
    bound = MakeBound<float>(1, 1);

    const double rate = 2.5e9 * 2 * kLanes, step = (static_cast<double>(packed) + 16) / rate;
    query_block = kQueries;
    while (query_block > kLanes && static_cast<double>(query_block * kSub) * step > 2 * kGrainSeconds) query_block /= 2;
    const int64_t wide = n < query_block ? (n + kLanes - 1) / kLanes * kLanes : query_block;
    const double compute = static_cast<double>(wide) * step, memory = static_cast<double>(dim) / 5e9;
    int64_t block = Clamp(kGrainSeconds / (compute + memory), 1, corpus.rows);
    const int64_t fair = (corpus.rows + 4 * threads - 1) / (4 * threads);
    if (n <= query_block && block > fair) block = fair;
    block = (block + gemm::kRows - 1) / gemm::kRows * gemm::kRows;
    const int64_t query_blocks = (n + query_block - 1) / query_block;
    const int64_t blocks = (corpus.rows + block - 1) / block;

    query_norms = job.Scratch<int32_t>(n);
    row_norms = job.Scratch<int32_t>(corpus.rows);
    panels = job.Scratch<int32_t>((n + kLanes) * packed);
    rooms = job.Scratch<Room>(threads);
    if (query_norms == nullptr || row_norms == nullptr || panels == nullptr || rooms == nullptr)
      return Status::kNoMemory;

    const int64_t across = gemm::Panels<K>(kQueries).count;
    const int64_t chunks = (dim + kTerms - 1) / kTerms, parts = query_blocks * across * chunks;
    job.Total(parts + corpus.rows + blocks * query_blocks + SortItems(n, board.k));
    const bool prepared = job.For(parts, 1, [&](int64_t begin, int64_t end) {
      for (int64_t at = begin; at < end; ++at)
        Prepare(at / chunks / across * query_block, at / chunks % across, at % chunks);
    });
    const int64_t grain = Clamp(kGrainSeconds * 2e9 / static_cast<double>(dim + 32), 1, corpus.rows);
    const bool squared = prepared && job.For(corpus.rows, grain, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) row_norms[row] = Norm(corpus, row);
    });
    const bool ran = squared && job.For(blocks * query_blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t from = tile / query_blocks * block;
        const int64_t to = from + block < corpus.rows ? from + block : corpus.rows;
        Run(tile % query_blocks * query_block, from, to, job.lane());
      }
    });
    return ran ? SortLists(job, board, n, Negated(metric)) : job.status();
  }
};

Status TopKOfBytes(Job& job, Matrix<uint8_t> queries, Matrix<uint8_t> corpus, int64_t k, Enum<Metric> metric,
                   Out<uint32_t> indices, Out<float> scores) {
  const int64_t n = queries.rows;
  if (n == 0) return Status::kOk;
  uint32_t* counts = job.Scratch<uint32_t>(2 * n);
  float* limits = job.Scratch<float>(n);
  if (counts == nullptr || limits == nullptr) return Status::kNoMemory;
  const Board<float> board{scores.data, indices.data, counts, counts + n, limits, k};
  ByteSearch search{job, queries, corpus,  metric.value, board,   corpus.cols, {},
                    0,   0,       nullptr, nullptr,      nullptr, nullptr};
  return search.Search();
}

}  // namespace

OFFLOOP_KERNEL(topK, OFFLOOP_INSTANCE("f32", TopK<float>), OFFLOOP_INSTANCE("f64", TopK<double>),
               OFFLOOP_INSTANCE("u8", TopKOfBytes))

}  // namespace offloop::OFFLOOP_ISA
