// What two layers have different, and which modules wait to be loaded.
#include <fmt/format.h>

#include <algorithm>

#include "admin/config_file.hpp"
#include "admin/config_tables.hpp"
#include "admin/config_text.hpp"
#include "admin/stored_layers.hpp"
#include "admin/table_sql.hpp"
#include "router/config/variables.hpp"

namespace weir {
namespace {

// A table of one layer, as text, so that values which no layer but SQLite would take compare, too.
struct Image {
  std::string table;
  std::vector<std::string_view> columns;
  std::vector<std::size_t> key;                // which of the columns
  std::map<std::vector<Cell>, Row> rows = {};  // by the values of the key
};
using Images = std::vector<Image>;

void add_row(Image& image, Row row) {
  std::vector<Cell> key;
  for (const std::size_t column : image.key) key.push_back(row[column]);
  image.rows.insert_or_assign(std::move(key), std::move(row));
}

template <class Row>
Image empty_image(const TableSpec<Row>& spec) {
  Image image{.table = std::string(spec.name), .columns = column_names(spec), .key = {}};
  for (std::size_t i = 0; i < image.columns.size(); ++i) {
    const auto key = key_columns(spec);
    if (std::ranges::find(key, image.columns[i]) != key.end()) image.key.push_back(i);
  }
  return image;
}

Images images_of(const Tables& tables, const Settings& settings) {
  Images images;
  Image& variables = images.emplace_back(empty_image(kVariablesTable));
  for (const Variable& variable : all_variables()) {
    add_row(variables, {std::string(variable.name), variable_text(settings, variable)});
  }
  for_each_table(tables, [&](const auto& spec, const auto& rows) {
    Image& image = images.emplace_back(empty_image(spec));
    for (const auto& row : rows) add_row(image, cells_of(spec, row));
  });
  return images;
}

// By their meaning: "007" is 7, and a variable that is not there is at its default.
Image variables_in(Store& store, std::string_view schema) {
  Image image = empty_image(kVariablesTable);
  const Settings initial = defaults();
  for (const Variable& variable : all_variables()) {
    add_row(image, {std::string(variable.name), variable_text(initial, variable)});
  }
  Complaints unused;
  for (VariableRow& row : read_rows(store, schema, kVariablesTable, unused)) {
    row.variable_value = normal_text(row.variable_name, row.variable_value);
    add_row(image, cells_of(kVariablesTable, row));
  }
  return image;
}

Image image_in(Store& store, std::string_view schema, Image image) {
  const std::string sql =
      fmt::format("SELECT {} FROM {}.{}", table_sql::name_list(image.columns), schema, image.table);
  for (Row& row : store.rows(sql).rows) add_row(image, std::move(row));
  return image;
}

Images images_in(Store& store, std::string_view schema) {
  Images images{variables_in(store, schema)};
  Tables tables;
  for_each_table(tables, [&](const auto& spec, const auto&) {
    images.push_back(image_in(store, schema, empty_image(spec)));
  });
  return images;
}

std::string key_text(const Image& image, const std::vector<Cell>& key) {
  std::vector<std::string_view> names;
  for (const std::size_t column : image.key) names.push_back(image.columns[column]);
  return table_sql::key_text(names, key);
}

void compare_rows(const Image& image, const std::vector<Cell>& key, const Row* left, const Row* right,
                  std::vector<Difference>& found) {
  if (left == nullptr || right == nullptr) {
    const auto presence = [](const Row* row) { return row == nullptr ? Cell() : Cell("present"); };
    found.push_back({image.table, key_text(image, key), {}, presence(left), presence(right)});
    return;
  }
  for (std::size_t i = 0; i < image.columns.size(); ++i) {
    if ((*left)[i] == (*right)[i]) continue;
    found.push_back(
        {image.table, key_text(image, key), std::string(image.columns[i]), (*left)[i], (*right)[i]});
  }
}

const Row* find_row(const Image& image, const std::vector<Cell>& key) {
  const auto found = image.rows.find(key);
  return found == image.rows.end() ? nullptr : &found->second;
}

// In the order of keys.
void compare(const Image& left, const Image& right, std::vector<Difference>& found) {
  std::map<std::vector<Cell>, Row> all = left.rows;
  all.insert(right.rows.begin(), right.rows.end());
  for (const auto& [key, row] : all) {
    compare_rows(left, key, find_row(left, key), find_row(right, key), found);
  }
}

Images images_of_file(const std::string& path) {
  if (path.empty()) throw SqlError(0, "no configuration file was found when Weir started");
  const ConfigFile file = read_config_file(path);
  for (const Complaint& complaint : file.complaints) {
    if (complaint.severity == Severity::error) throw SqlError(0, to_text(complaint));
  }
  return images_of(file.tables, file.settings);
}

bool is_about(const Module& module, const Image& image, const Row& row) {
  if (has_table(module, image.table)) return true;
  return !module.variable_prefix.empty() && image.table == kVariablesTable.name &&
         row[0].value_or("").starts_with(module.variable_prefix);
}

bool differs(const Module& module, const Image& left, const Image& right) {
  const auto lacks = [&](const Image& one, const Image& other) {
    return std::ranges::any_of(one.rows, [&](const auto& entry) {
      if (!is_about(module, one, entry.second)) return false;
      const Row* row = find_row(other, entry.first);
      return row == nullptr || *row != entry.second;
    });
  };
  return lacks(left, right) || lacks(right, left);
}

Images images(Store& store, const RuntimeTarget& target, const std::string& config_file, Layer layer) {
  switch (layer) {
    case Layer::config_file:
      return images_of_file(config_file);
    case Layer::disk:
      return images_in(store, "disk");
    case Layer::memory:
      return images_in(store, "main");
    case Layer::runtime: {
      const auto snapshot = target.snapshot();
      return images_of(snapshot->tables(), snapshot->settings());
    }
  }
  unreachable();
}

}  // namespace

std::vector<Difference> StoredLayers::diff(Layer left, Layer right) {
  const Images lefts = images(store_, target_, config_file_, left);
  const Images rights = images(store_, target_, config_file_, right);
  std::vector<Difference> found;
  for (std::size_t i = 0; i < lefts.size(); ++i) compare(lefts[i], rights[i], found);
  return found;
}

std::vector<std::string_view> StoredLayers::pending() {
  const auto snapshot = target_.snapshot();
  if (snapshot == compared_snapshot_ && store_.total_changes() == compared_changes_) return pending_;
  const Images memory = images(store_, target_, config_file_, Layer::memory);
  const Images runtime = images(store_, target_, config_file_, Layer::runtime);
  pending_.clear();
  for (const Module& module : modules()) {
    bool waits = false;
    for (std::size_t i = 0; i < memory.size() && !waits; ++i) waits = differs(module, memory[i], runtime[i]);
    if (waits) pending_.push_back(module.name);
  }
  compared_snapshot_ = snapshot;
  compared_changes_ = store_.total_changes();
  return pending_;
}

std::string StoredLayers::as_config_file() {
  Tables tables;
  Settings settings = defaults();
  Complaints complaints;
  read_config_tables(store_, "main", tables, settings, complaints);
  for (const Complaint& complaint : complaints) {
    if (complaint.severity == Severity::error) throw SqlError(0, to_text(complaint));
  }
  return config_text(tables, settings);
}

}  // namespace weir
