#include "protocol/wire/compression.hpp"

#include <catch2/catch.hpp>

#include "tests/support/allocation_count.hpp"
#include "tests/support/compressed.hpp"
#include "tests/support/exact_buffer.hpp"

namespace weir {
namespace {

using namespace test;

Blob prose(std::size_t size) {
  const Blob words = "the quick brown fox "_bytes;
  Blob bytes(size);
  for (std::size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(words[i % words.size()] + (i / 977) % 3);
  return bytes;
}

Blob unpacked(Decompressor& codec, Bytes block, std::size_t plain_bytes, std::size_t room_bytes) {
  codec.begin(plain_bytes);
  Blob plain;
  for (;;) {
    ExactBuffer room{Blob(room_bytes)};
    std::size_t made = 0;
    const auto state = codec.run(block, room.bytes(), made);
    plain.insert(plain.end(), room.bytes().begin(), room.bytes().begin() + static_cast<std::ptrdiff_t>(made));
    if (state == Decompressor::State::failed) return {};
    if (state == Decompressor::State::ended) return plain;
    if (made == 0 && block.empty()) return {};
  }
}

TEST_CASE("what is packed unpacks, at every level and in any room", "[protocol][compression]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  const int level = GENERATE(-5, 1, 3, 9, 10, 19, 22, 200);
  const std::size_t size = GENERATE(50u, 5000u, 70000u, 300000u);
  CAPTURE(to_text(algorithm), level, size);
  const Blob plain = prose(size);
  Codecs codecs;
  ByteQueue out;
  out.append("before"_bytes);
  REQUIRE(codecs.compress(algorithm, level, plain, out));
  CHECK(out.size() < plain.size());
  const ExactBuffer block(out.readable().subspan(6));
  const auto codec = codecs.take(algorithm);
  CHECK(codec->algorithm() == algorithm);
  for (const std::size_t room : {std::size_t{1000}, size})
    CHECK(unpacked(*codec, block, size, room) == plain);
}

TEST_CASE("what does not become smaller is not packed, and leaves nothing", "[protocol][compression]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  Codecs codecs;
  ByteQueue out;
  Blob noise(100);
  for (std::size_t i = 0; i < noise.size(); ++i)
    noise[i] = static_cast<std::uint8_t>(i * i * 37 + i * 101 + (i >> 3));
  CHECK_FALSE(codecs.compress(algorithm, 3, noise, out));
  CHECK_FALSE(codecs.compress(algorithm, 3, {}, out));
  CHECK_FALSE(codecs.compress(algorithm, 3, "x"_bytes, out));
  CHECK(out.empty());
}

TEST_CASE("a block cut short is never complete", "[protocol][compression]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  const Blob plain = prose(2000);
  const Blob block = block_of(plain, algorithm);
  Codecs codecs;
  const auto codec = codecs.take(algorithm);
  for (std::size_t size = 0; size < block.size(); ++size) {
    CHECK(unpacked(*codec, ExactBuffer(Bytes(block).first(size)), plain.size(), 100).empty());
  }
  CHECK(unpacked(*codec, block, plain.size(), 100) == plain);  // and what was begun before does not matter
}

TEST_CASE("codecs are used again", "[protocol][compression]") {
  const auto algorithm = GENERATE(Compression::zlib, Compression::zstd);
  Codecs codecs;
  auto first = codecs.take(algorithm);
  const Decompressor* const before = first.get();
  auto second = codecs.take(algorithm);
  codecs.give_back(std::move(first));
  codecs.give_back(std::move(second));  // one is enough
  CHECK(codecs.take(algorithm).get() == before);
  CHECK(codecs.take(algorithm).get() != nullptr);
}

TEST_CASE("zstd refers back no further than the packet claims to be long", "[protocol][compression]") {
  Blob plain = prose(400'000);
  const Blob block = block_of(plain, Compression::zstd);
  Codecs codecs;
  const auto codec = codecs.take(Compression::zstd);
  CHECK(unpacked(*codec, block, plain.size(), 1000) == plain);
  CHECK(unpacked(*codec, block, 1000, 1000).empty());  // its window is 400,000 bytes
}

TEST_CASE("the algorithms have the names that MySQL gives them", "[protocol][compression]") {
  CHECK(to_text(Compression::none) == "uncompressed");
  CHECK(to_text(Compression::zlib) == "zlib");
  CHECK(to_text(Compression::zstd) == "zstd");
}

}  // namespace
}  // namespace weir
