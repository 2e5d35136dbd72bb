// tests/oracle/digests.tsv: statements with the digest and the digest text that ProxySQL gave them.
#pragma once

#include <string>
#include <vector>

namespace weir::test {

struct RecordedDigest {
  std::string sql;
  std::string hash;  // "0x1C46AE529DD5A40E", as stats_mysql_query_digest has it
  std::string text;
};

const std::vector<RecordedDigest>& recorded_digests();

}  // namespace weir::test
