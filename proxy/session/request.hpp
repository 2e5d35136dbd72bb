// The command that a session is working on: its bytes, what they mean, and how far it has got.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/base/time.hpp"
#include "protocol/machine/request_tracker.hpp"
#include "protocol/message/command.hpp"
#include "protocol/wire/frame.hpp"
#include "proxy/pool/prepared_handles.hpp"
#include "proxy/worker/in_flight.hpp"
#include "router/query/statement.hpp"
#include "router/rules/decision.hpp"
#include "router/session/pinning.hpp"

namespace weir {

// What a client that is not sending commands waits for.
enum class Purpose : std::uint8_t {
  command,
  login,  // a schema was named at login: it is checked on a server before the login is accepted
};

struct Request {
  static constexpr std::size_t kKeptBytes = 4096;  // memory that an idle session keeps
  static constexpr std::size_t kLongStatementBytes =
      64 * 1024;  // of a streaming statement, this much decides

  // The request as it came, frame headers included; of a streaming one, what had come when it was routed.
  std::vector<std::uint8_t> bytes;
  RequestTracker tracker;
  const CommandSpec* spec = nullptr;
  std::size_t look_again_at = 0;  // when so many bytes are there: those before did not tell where it goes
  Purpose purpose = Purpose::command;
  bool streaming = false;  // longer than mysql-query_processor_max_bytes: the rest passes while executing
  bool left_out_attributes = false;  // query attributes are not in `bytes`: the server that has it takes none

  // Where the text of a COM_QUERY begins in the payload: behind the command byte, and behind the attributes
  // that a client with kQueryAttributes sends.
  std::size_t text_at = 1;

  // What it is.
  Statement statement;       // its views are of `bytes`, or of `prepared`
  PreparedTextPtr prepared;  // the text behind a statement id
  std::uint32_t statement_id = 0;
  Pins pins_of_text;   // what shows in the text only
  std::string schema;  // of COM_INIT_DB, and of a USE
  // What the session goes back to if this fails, for it expects `schema` already; null: it does not yet.
  std::unique_ptr<const std::string> schema_left;

  std::uint64_t digest = 0;  // of a statement, if digests are wanted
  std::string client_text;   // what the client sent, if a rule has rewritten it

  // Where it goes.
  int hostgroup = 0;
  int fallback_hostgroup = -1;
  bool may_hide_insert_id = false;
  std::optional<SplitHold> left_on_writer;  // a read under automatic splitting; none: the text has the reason
  Pins kept_for;                            // of connection_kept
  std::int64_t flag_in = 0;                 // of the session, when this was routed
  std::int64_t retries = 0;
  bool may_retry = false;  // a read outside of any state: again if its connection is lost before an answer
  bool routed = false;     // once: what follows it the second time has been mirrored and held back already
  bool force_pin = false;  // a rule disables multiplexing from here on
  bool keep_multiplexing = false;  // a rule says that this statement does not pin
  Millis timeout_ms = 0;
  Millis delay_ms = 0;

  // Its place among those that a rule allows at one time.
  std::uint64_t in_flight_key = 0;
  std::int64_t in_flight_limit = 0;
  std::int64_t in_flight_rule = 0;
  std::optional<InFlightTicket> ticket;
  bool counts_in_flight = false;  // it has one, or waits for it with `ticket`

  // For the query cache.
  bool caches_empty = false;
  Millis cache_ttl_ms = 0;             // 0: the reply is not kept
  std::vector<std::uint8_t> captured;  // the reply so far

  // How far it has got.
  int attempts = 0;
  bool tried_another_password = false;  // a server refused to change the user with the first one
  bool redirected = false;              // a replica refused it as read-only: the writer has it now
  std::uint64_t refused_by = 0;    // the key of a writer that has become read-only: a new one is waited for
  std::uint32_t false_alarms = 0;  // of that one, by then
  Instant writer_wait_until = kNever;  // as long as there is none
  bool waits_for_writer = false;       // that is what limits the wait for a connection
  bool answered = false;               // bytes of the reply have gone to the client
  bool unanswerable = false;           // it failed, and the protocol has no place to say so
  bool discards = false;               // it is over before all of it has come: the rest is for nobody
  bool failed = false;                 // the last packet was an ERR
  bool asks_for_status = false;        // a COM_PING in the place of a command that resets warnings
  bool infile = false;                 // the server has asked for a file: the client speaks
  bool file_sent = false;              // he has spoken, and the server has said nothing since
  bool schema_reported = false;
  bool set_applied = false;  // the effect of a SET is recorded
  std::uint16_t status = 0;  // of the last OK or EOF
  bool has_status = false;
  std::uint16_t warnings = 0;
  bool warned_before = false;  // a result before the one that has these had some
  int executed_in = -1;        // the hostgroup of the server that it was sent to; -1: none
  std::uint64_t rows_affected = 0;
  std::uint64_t rows_sent = 0;
  bool insert_id = false;
  int sync_step = 0;  // replies of the synchronisation seen so far
  int sync_steps = 0;
  int sync_rounds = 0;
  bool preparing = false;            // the last of them is a COM_STMT_PREPARE
  bool killed = false;               // KILL QUERY came while its connection was synchronised
  bool awaits_kill_end = false;      // delayed until a KILL QUERY for the statement before has met nobody
  bool reopens_transaction = false;  // it begins on the writer again what was READ ONLY on a replica
  std::uint64_t awaits_killed =
      0;  // delayed until the KILL with this ticket, which it asks for, is carried out

  // The client is not through with sending it, and somebody needs what is missing.
  bool unfinished() const { return infile || (streaming && !discards && !tracker.done()); }
  // The statement has run, and may have changed its session.
  bool executes_statement() const {
    return spec->command == Command::query || spec->command == Command::stmt_execute;
  }
  // The same, or it has prepared one: either leaves its own warnings, or none.
  bool has_statement() const { return executes_statement() || spec->command == Command::stmt_prepare; }
  std::uint8_t code() const {
    return bytes.size() > kFrameHeaderBytes ? bytes[kFrameHeaderBytes] : std::uint8_t{0};
  }
  // What the first frame holds of the payload, command byte included.
  Bytes payload() const {
    const Bytes all(bytes);
    if (all.size() <= kFrameHeaderBytes) return {};
    const std::size_t length = decode_frame_header(all.data()).length;
    return all.subspan(kFrameHeaderBytes, std::min<std::size_t>(length, all.size() - kFrameHeaderBytes));
  }
  // What a COM_QUERY or COM_STMT_PREPARE says, as far as it is in the first frame.
  std::string_view text() const { return as_text(payload().subspan(text_at)); }
  // The text of a statement, prepared or not, as far as it is looked at; empty for other commands.
  std::string_view sql() const {
    if (prepared) return prepared->sql;
    if (spec->command != Command::query) return {};
    const std::string_view text = this->text();
    return streaming ? text.substr(0, kLongStatementBytes) : text;
  }
  MutableBytes mutable_payload() {
    const std::size_t length = payload().size();
    return MutableBytes(bytes).subspan(kFrameHeaderBytes, length);
  }
  // Ready for the next one; if it discards, behind the rest of this.
  void clear();
};

// Another text behind the same command byte and attributes of a request; all of it one frame. False, and
// nothing is done: it would take more, as what was sent may, of which only the first frame was looked at. A
// full frame says that another follows.
bool replace_text(std::vector<std::uint8_t>& request, std::size_t text_at, std::string_view text);

}  // namespace weir
