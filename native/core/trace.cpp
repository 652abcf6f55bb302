#include "core/trace.h"

#include <cstdlib>
#include <cstring>

namespace offloop {
namespace {

// 64 MB: four minutes of grains of 250 us on one thread. Older ones give way.
constexpr int64_t kMost = int64_t{1} << 20;

}  // namespace

void Trace::Add(const GrainRecord& record) {
  if (count_ == capacity_ && capacity_ < kMost) {
    const int64_t capacity = capacity_ == 0 ? 1024 : capacity_ * 2;
    auto* records =
        static_cast<GrainRecord*>(std::realloc(records_, static_cast<size_t>(capacity) * sizeof(GrainRecord)));
    if (records != nullptr) records_ = records, capacity_ = capacity;  // first_ is 0 until it is at its bound
  }
  if (count_ == capacity_) {
    ++lost_;
    if (capacity_ == 0) return;
    records_[first_] = record;
    first_ = (first_ + 1) % capacity_;
    return;
  }
  records_[(first_ + count_++) % capacity_] = record;
}

int64_t Trace::Drain(GrainRecord* records, int64_t room) {
  const int64_t count = count_ < room ? count_ : room;
  for (int64_t i = 0; i < count; ++i) records[i] = records_[(first_ + i) % capacity_];
  count_ -= count;
  if (capacity_ < kMost) {
    if (count_ > 0) std::memmove(records_, records_ + count, static_cast<size_t>(count_) * sizeof(GrainRecord));
  } else {
    first_ = (first_ + count) % capacity_;
  }
  return count;
}

void Trace::Clear() {
  std::free(records_);
  records_ = nullptr;
  count_ = capacity_ = first_ = lost_ = 0;
}

}  // namespace offloop
