#include "bench/micro/cases.hpp"
#include "router/query/analyzer.hpp"

namespace weir::bench {
namespace {

std::string select_of_150_bytes() {
  return "SELECT o.id, o.total, c.name FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = "
         "4711 AND "
         "o.state IN ('new', 'paid') ORDER BY o.id LIMIT 10";
}

std::string insert_of_2_kib() {
  std::string sql = "INSERT INTO events (id, name, payload, created) VALUES ";
  for (int row = 0; sql.size() < 2000; ++row) {
    sql += row == 0 ? "" : ", ";
    sql += "(" + std::to_string(100'000 + row) +
           ", 'event name', 'some text with a length', '2024-05-06 07:08:09')";
  }
  return sql;
}

std::string list_of_64_kib() {
  std::string sql = "SELECT a, b FROM t WHERE id IN (1";
  for (int i = 0; sql.size() < 64 * 1024; ++i) sql += "," + std::to_string(1'000'000 + i);
  return sql + ")";
}

Case classify_case(std::string name, std::string sql) {
  const std::size_t bytes = sql.size();
  return {std::move(name),
          [sql = std::move(sql)](std::uint64_t times) {
            for (std::uint64_t i = 0; i < times; ++i)
              observe(static_cast<std::uint64_t>(classify(sql, {}).access));
          },
          bytes};
}

// Classifying, the digest's text and its hash.
Case analyze_case(std::string name, std::string sql) {
  const std::size_t bytes = sql.size();
  return {std::move(name),
          [sql = std::move(sql)](std::uint64_t times) {
            static Analyzer analyzer;
            for (std::uint64_t i = 0; i < times; ++i) {
              analyzer.begin(sql, {}, {});
              observe(analyzer.digest_hash());
            }
          },
          bytes};
}

Case digest_case() {
  return {"digest_text", [text = std::string()](std::uint64_t times) mutable {
            const DigestOptions options;
            for (std::uint64_t i = 0; i < times; ++i) {
              digest_text(kPointSelect, options, text);
              observe(text.size());
            }
          }};
}

Case hash_case() {
  return {"digest_hash", [](std::uint64_t times) {
            const DigestOptions options;
            std::string text;
            digest_text(kPointSelect, options, text);
            for (std::uint64_t i = 0; i < times; ++i) observe(digest_hash(text, options));
          }};
}

}  // namespace

std::vector<Case> query_cases() {
  return {classify_case("classify", kPointSelect),
          digest_case(),
          hash_case(),
          classify_case("classify_150_bytes", select_of_150_bytes()),
          classify_case("classify_2_kib_insert", insert_of_2_kib()),
          classify_case("classify_64_kib_list", list_of_64_kib()),
          analyze_case("analyze_150_bytes", select_of_150_bytes()),
          analyze_case("analyze_2_kib_insert", insert_of_2_kib()),
          analyze_case("analyze_64_kib_list", list_of_64_kib())};
}

}  // namespace weir::bench
