#include "admin/config_text.hpp"

#include <catch2/catch.hpp>
#include <fstream>

#include "admin/config_file.hpp"
#include "router/config/variables.hpp"
#include "tests/support/temporary_directory.hpp"

using namespace weir;

namespace {

ConfigFile read_back(const std::string& text) {
  const TemporaryDirectory directory;
  const std::string path = directory.path("weir.cnf");
  std::ofstream(path, std::ios::binary) << text;
  return read_config_file(path);
}

// A value that the column takes and that a file can only hold with care.
template <class Row>
void fill(Row& row, const Column<Row>& column, int variant) {
  if (!column.allowed.words.empty() && !column.allowed.json) {
    REQUIRE(set_column(row, column, column.allowed.words.back()));
  } else if (is_text_column(column)) {
    const std::string_view text = column.allowed.json
                                      ? "{\"a\": \"\\\\ \\\"b\"}"
                                      : "quote \" back \\ slash \\n\nline\ttab\r\x01\x7f\xc3\xa9 #;";
    REQUIRE(set_column(row, column, text));
  } else {
    for (const std::int64_t value :
         {std::int64_t{5'000'000'000} + variant, std::int64_t{1000} + variant, std::int64_t{1}}) {
      if (set_column(row, column, value)) break;
    }
  }
}

template <class Row>
void set_all_null(Row& row, const TableSpec<Row>& spec) {
  for (const Column<Row>& column : spec.columns) {
    if (is_nullable_column(column)) REQUIRE(set_column_null(row, column));
  }
}

}  // namespace

TEST_CASE("every table comes back from the text it was written to", "[admin][config_text]") {
  Tables tables;
  for_each_table(tables, []<class Row>(const TableSpec<Row>& spec, std::vector<Row>& rows) {
    rows.resize(3);
    for (const Column<Row>& column : spec.columns) {
      fill(rows[0], column, 0);
      fill(rows[1], column, 1);
    }
    set_all_null(rows[1], spec);
    for (const Column<Row>& column : spec.columns) {
      if (column.required != Required::no) fill(rows[2], column, 2);
    }
  });
  const std::string text = config_text(tables, defaults());
  const ConfigFile file = read_back(text);
  for (const Complaint& complaint : file.complaints) FAIL_CHECK(to_text(complaint));
  Tables expected = tables;
  for_each_table(file.tables, [&]<class Row>(const TableSpec<Row>& spec, const std::vector<Row>& rows) {
    for_each_table(expected,
                   [&]<class Other>(const TableSpec<Other>& other, const std::vector<Other>& wanted) {
                     if constexpr (std::is_same_v<Row, Other>) {
                       if (spec.name != other.name) return;
                       INFO(spec.name << "\n" << text);
                       CHECK(rows == wanted);
                     }
                   });
  });
}

TEST_CASE("every variable comes back from the text it was written to", "[admin][config_text]") {
  for (const Variable& variable : all_variables()) {
    for (std::string_view value :
         {"true", "false", "9", "77777", "5000000000", "latin1", "a\"\\\n'b", "/tmp/x.sock"}) {
      Settings settings = defaults();
      if (!set_variable(settings, variable.name, value)) continue;
      INFO(variable.name << " = " << value);
      CHECK(read_back(config_text({}, settings)).settings == settings);
    }
  }
}

TEST_CASE("nothing but the defaults is an empty text", "[admin][config_text]") {
  CHECK(config_text({}, defaults()).empty());
}
