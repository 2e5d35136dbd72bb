// The cache of replies: what is found, what is forgotten, and that it stays in its bounds.
#include "proxy/cache/query_cache.hpp"

#include <catch2/catch.hpp>
#include <thread>

namespace weir {
namespace {

constexpr std::size_t kLimit = 1 << 20;

CachedReplyPtr reply_of(std::size_t bytes, std::uint8_t fill = 'r') {
  return std::make_shared<const CachedReply>(CachedReply{std::vector<std::uint8_t>(bytes, fill), 1});
}

TEST_CASE("a reply is found until its time is over") {
  QueryCache cache;
  const CacheKey key{"ann", "shop", "SELECT 1", 7, 0};
  CHECK(!cache.find(key, 100));
  const CachedReplyPtr reply = reply_of(10);
  cache.store(key, reply, 200, kLimit);
  CHECK(cache.find(key, 199) == reply);
  CHECK(!cache.find(key, 200));
  CHECK(!cache.find(key, 150));  // an expired one is dropped, not hidden
  const CacheFigures figures = cache.figures();
  CHECK(figures.asked == 4);
  CHECK(figures.found == 1);
  CHECK(figures.stored == 1);
  CHECK(figures.purged == 1);
  CHECK(figures.bytes_in == 10);
  CHECK(figures.bytes_out == 10);
  CHECK(figures.entries == 0);
  CHECK(figures.memory_bytes == 0);
}

TEST_CASE("whether a reply is there may be asked without a trace") {
  QueryCache cache;
  const CacheKey key{"ann", "shop", "SELECT 1", 7, 0};
  CHECK(!cache.contains(key, 100));
  cache.store(key, reply_of(10), 200, kLimit);
  CHECK(cache.contains(key, 199));
  CHECK(!cache.contains(key, 200));
  const CacheFigures figures = cache.figures();
  CHECK(figures.asked == 0);
  CHECK(figures.found == 0);
  CHECK(figures.purged == 0);
  CHECK(figures.entries == 1);
}

TEST_CASE("whatever shapes a reply tells keys apart") {
  QueryCache cache;
  const CacheKey key{"ann", "shop", "SELECT 1", 7, 1};
  cache.store(key, reply_of(10), 200, kLimit);
  const CacheKey others[] = {{"bob", "shop", "SELECT 1", 7, 1}, {"ann", "work", "SELECT 1", 7, 1},
                             {"ann", "shop", "SELECT 2", 7, 1}, {"ann", "shop", "SELECT 1", 8, 1},
                             {"ann", "shop", "SELECT 1", 7, 2}, {"anns", "hop", "SELECT 1", 7, 1},
                             {"ann", "shopS", "ELECT 1", 7, 1}};
  for (const CacheKey& other : others) CHECK(!cache.find(other, 100));
  CHECK(cache.find(key, 100));
}

TEST_CASE("a newer reply takes the place of the older one") {
  QueryCache cache;
  const CacheKey key{"ann", "shop", "SELECT 1", 7, 1};
  cache.store(key, reply_of(10), 200, kLimit);
  const CachedReplyPtr newer = reply_of(20);
  cache.store(key, newer, 300, kLimit);
  CHECK(cache.find(key, 250) == newer);
  CHECK(cache.figures().entries == 1);
}

TEST_CASE("the least recently used make room, and the bound holds") {
  QueryCache cache;
  std::vector<std::string> texts;
  for (int i = 0; i < 5000; ++i) texts.push_back("SELECT " + std::to_string(i));
  for (const std::string& text : texts) {
    cache.store({"ann", "shop", text, 0, 0}, reply_of(1000), 1000, kLimit);
    CHECK(cache.find({"ann", "shop", texts.front(), 0, 0}, 1));  // in use: it stays
  }
  const CacheFigures figures = cache.figures();
  CHECK(figures.memory_bytes <= kLimit);
  CHECK(figures.entries < 1000);
  CHECK(figures.entries > 500);
  CHECK(figures.stored == 5000);
  CHECK(figures.entries + figures.purged == 5000);
  CHECK(cache.find({"ann", "shop", texts.back(), 0, 0}, 1));
}

TEST_CASE("a reply that would fill much of the cache is not kept") {
  QueryCache cache;
  cache.store({"ann", "shop", "SELECT 1", 0, 0}, reply_of(kLimit / QueryCache::kLargestShare), 1000, kLimit);
  CHECK(cache.figures().entries == 0);
}

TEST_CASE("flush forgets everything, and says how much that was") {
  QueryCache cache;
  for (int i = 0; i < 50; ++i)
    cache.store({"ann", "shop", "SELECT " + std::to_string(i), 0, 0}, reply_of(10), 1000, kLimit);
  CHECK(cache.flush() == 50);
  CHECK(cache.figures().memory_bytes == 0);
  CHECK(!cache.find({"ann", "shop", "SELECT 1", 0, 0}, 1));
}

TEST_CASE("a reply in use outlives its entry, in any number of threads") {
  QueryCache cache;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache] {
      for (int i = 0; i < 2000; ++i) {
        const std::string text = "SELECT " + std::to_string(i % 100);
        const CacheKey key{"ann", "shop", text, 0, 0};
        if (const CachedReplyPtr reply = cache.find(key, 1)) {
          if (reply->packets.size() != 500 || reply->packets.back() != 'r') std::abort();
        } else {
          cache.store(key, reply_of(500), 1000, 64 * 1024);
        }
        if (i % 500 == 0) cache.flush();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(cache.figures().asked == 8000);
}

}  // namespace
}  // namespace weir
