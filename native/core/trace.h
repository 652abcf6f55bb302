// What grains ran where and when: kept while somebody traces.
#pragma once

#include <cstdint>

namespace offloop {

// Whose grain it was, as the side that starts jobs names them.
struct TraceName {
  int64_t environment = 0, job = 0, instance = -1;
};

struct GrainRecord {
  int64_t thread;  // the system's number
  TraceName name;
  int64_t begin_ns, end_ns;  // steady clock
  int64_t items;
  int64_t lane;
};

// The newest records, up to a bound. Not thread-safe: the pool calls it under its mutex.
class Trace {
 public:
  void Add(const GrainRecord& record);
  int64_t Drain(GrainRecord* records, int64_t room);
  int64_t count() const { return count_; }
  // Those that gave way since tracing began.
  int64_t lost() const { return lost_; }
  void Clear();

 private:
  GrainRecord* records_ = nullptr;
  int64_t count_ = 0, capacity_ = 0, first_ = 0, lost_ = 0;
};

}  // namespace offloop
