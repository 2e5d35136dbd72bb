// Runs a fuzz entry over files without libFuzzer: each file whole, cut at every point, and with every byte
// changed to each of the values that mean something on this wire. Arguments: files, or folders of them.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* input, std::size_t size);

namespace {

using Content = std::vector<std::uint8_t>;

constexpr std::uint8_t kTelling[] = {0x00, 0x01, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
constexpr std::size_t kMostChangedBytes = 1024;

std::size_t runs = 0;

// In a block of exactly its size, so that AddressSanitizer sees a read beyond.
void run(const Content& content, std::size_t size) {
  const auto exact = std::make_unique_for_overwrite<std::uint8_t[]>(size);
  std::copy_n(content.begin(), size, exact.get());
  LLVMFuzzerTestOneInput(exact.get(), size);
  ++runs;
}

void replay(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  Content content{std::istreambuf_iterator<char>(in), {}};
  run(content, content.size());
  const std::size_t points = std::min(content.size(), kMostChangedBytes);
  for (std::size_t size = 0; size < points; ++size) run(content, size);
  for (std::size_t at = 0; at < points; ++at) {
    const std::uint8_t original = content[at];
    for (const std::uint8_t value : kTelling) {
      content[at] = value;
      run(content, content.size());
    }
    content[at] = original;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) {
      replay(argv[i]);
      ++files;
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      replay(entry.path());
      ++files;
    }
  }
  std::printf("%zu files, %zu runs\n", files, runs);
  return files > 0 ? 0 : 1;  // an entry without seeds tests nothing
}
