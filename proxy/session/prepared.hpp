// The prepared statements of one client: its ids, and what lies behind each.
//
// A client's statement is a text, not a handle: it is prepared on a connection when it is to be executed
// there. So a session with statements shares connections like any other.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/wire/capabilities.hpp"
#include "proxy/pool/prepared_handles.hpp"

namespace weir {

// What a server has said of a statement whose data were sent ahead.
struct DeferredError {
  std::uint16_t code = 0;
  std::string sqlstate, message;
};

struct ClientStatement {
  PreparedTextPtr text;
  std::uint16_t parameters = 0;
  std::uint16_t columns = 0;  // of its result, when it was prepared
  // The parameter types of the latest COM_STMT_EXECUTE that carried them: later ones may leave them out, and
  // a connection that has not seen them needs them.
  std::vector<std::uint8_t> types{};
  std::uint32_t types_version = 0;  // counts the executions that carried them
  bool has_long_data = false;       // sent ahead of the execution, and on the session's connection only
  bool has_cursor = false;          // open on the session's connection
  std::unique_ptr<DeferredError>
      refusal{};  // of data that no server has: to be told by the execution; or null
};

class PreparedStatements {
 public:
  std::uint32_t add(PreparedTextPtr text, std::uint16_t parameters, std::uint16_t columns);
  ClientStatement* find(std::uint32_t id);
  void remove(std::uint32_t id);
  void clear();
  std::size_t size() const { return statements_.size(); }
  // What all of them take of memory, with the types that executions will leave; a text that other sessions
  // have, too, counts for each.
  std::size_t kept_bytes() const { return kept_bytes_; }
  template <class Visit>
  void for_each(Visit visit) const {
    for (const auto& [id, statement] : statements_) visit(statement);
  }
  void set_cursor(ClientStatement& statement, bool open);
  void set_long_data(ClientStatement& statement, bool pending);
  // Whether any of them has a cursor or long data on the session's connection.
  bool any_cursor() const { return cursors_ > 0; }
  bool any_long_data() const { return long_data_ > 0; }

 private:
  static std::size_t bytes_of(const ClientStatement& statement);

  std::unordered_map<std::uint32_t, ClientStatement> statements_;
  std::size_t kept_bytes_ = 0;
  int cursors_ = 0;
  int long_data_ = 0;
  std::uint32_t last_id_ = 0;
};

// The parameter types inside a COM_STMT_EXECUTE, by their place in its payload.
struct ExecuteTypes {
  std::size_t flag_at = 0;  // the new-params-bound flag; 0: it has no parameters
  bool bound = false;       // types follow the flag
  std::size_t types_bytes = 0;
  // With kQueryAttributes, their number stands before them, attributes follow the statement's own parameters,
  // and each type has a name.
  std::size_t nulls_at = 0;
  bool named = false;
  std::size_t attributes = 0;
};
// Of a client with `caps`. Fails if `payload` is too short for its parameters.
Result<ExecuteTypes> find_execute_types(Bytes payload, std::uint16_t parameters, Caps caps);

// The types of the statement's own parameters, two bytes each, if they are there.
void take_types(Bytes payload, const ExecuteTypes& place, std::uint16_t parameters,
                std::vector<std::uint8_t>& types);

// The value of the only parameter of such a statement, if it is a whole number that is not negative, in
// binary or as text. `types` as find_execute_types() gave them; `bound` are the types of the latest execution
// that carried them.
std::optional<std::uint64_t> whole_number_parameter(Bytes payload, const ExecuteTypes& place, Bytes bound);

// By how many bytes insert_types() makes a request longer.
std::size_t inserted_bytes(const ExecuteTypes& place, Bytes types);

// Puts `types` into a COM_STMT_EXECUTE (whole request, frame header included, a single frame) that came
// without, and without attributes: those have their types always.
void insert_types(std::vector<std::uint8_t>& request, const ExecuteTypes& place, Bytes types);

// Makes of such a request one for a server without kQueryAttributes. The attributes' values stay behind those
// of the parameters: servers do not look there. What stood before the values goes to `head`; returns how many
// bytes stand there now. Its first frame is not full: that would no longer announce the next.
std::size_t make_plain_execute(std::vector<std::uint8_t>& request, const ExecuteTypes& place,
                               std::uint16_t parameters, std::vector<std::uint8_t>& head);

// Undoes that, but for the statement id.
void restore_execute(std::vector<std::uint8_t>& request, std::size_t plain_head_bytes, Bytes head);

// The texts that the sessions of one worker have prepared, each once: thousands of clients that prepare the
// same are one entry, which lives as long as a session or a connection has it. What it gives may go to other
// threads; itself belongs to one.
class PreparedTexts {
 public:
  // The statement that a session in this state prepares by `sql`; servers are given `own_sql`, unless it is
  // empty.
  PreparedTextPtr text_for(std::string_view sql, const SessionState& state, std::string_view own_sql = {});
  std::size_t size() const { return texts_.size(); }

 private:
  static constexpr std::size_t kFirstSweep = 64;

  void forget_unused();

  std::unordered_multimap<std::uint64_t, std::weak_ptr<const PreparedText>> texts_;  // by their hash
  std::size_t sweep_at_ = kFirstSweep;
};

}  // namespace weir
