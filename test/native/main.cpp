// Runs every suite and prints, as the last line, "N passed, N failed".
#include <cstdlib>
#include <string_view>

#include "check.h"

int BudgetTests();
int PoolTests();
int JobTests();
int KernelSchemaTests();
// Kernels bring their suites with them: a build without one still links.
__attribute__((weak)) int SortTests();
__attribute__((weak)) int TopKTests();
__attribute__((weak)) int SumTests();

int main(int argc, char** argv) {
  g_seed = 20240607;
  if (const char* seed = std::getenv("OFFLOOP_SEED")) g_seed = std::strtoull(seed, nullptr, 10);
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  std::printf("seed %llu\n", static_cast<unsigned long long>(g_seed));
  const struct {
    const char* name;
    int (*run)();
  } suites[] = {{"pool", &PoolTests}, {"budget", &BudgetTests}, {"job", &JobTests}, {"schema", &KernelSchemaTests},
                {"sort", &SortTests}, {"topk", &TopKTests},     {"sum", &SumTests}};
  int failed_suites = 0;
  for (const auto& suite : suites) {
    bool wanted = suite.run != nullptr && argc < 2;
    for (int i = 1; i < argc; ++i) wanted = wanted || (suite.run != nullptr && std::string_view(argv[i]) == suite.name);
    if (!wanted) continue;
    const int passed = g_passed, failed = g_failed;
    // A suite returns how many of its checks failed; those that use CHECK have them counted already.
    const int result = suite.run();
    if (result != 0) ++failed_suites;
    if (result != 0 && g_failed == failed) g_failed += result;
    std::printf("%-8s %d passed, %d failed\n", suite.name, g_passed - passed, g_failed - failed);
  }
  std::printf("%d passed, %d failed\n", g_passed, g_failed);
  return failed_suites != 0 || g_failed != 0 ? 1 : 0;
}
