// Session: what PROXYSQL INTERNAL SESSION tells its client, as one JSON document.
#include <fmt/format.h>

#include "proxy/session/session.hpp"
#include "router/config/json_text.hpp"

namespace weir {
namespace {

// Those that are not at the server's default, as they would be set.
std::string variables_of(const SessionState& state) {
  std::string members;
  for (const VariableValue& value : state.variables()) {
    members += fmt::format("{}{}:{}", members.empty() ? "" : ",",
                           json_quoted(tracked_variable(value.variable).name), json_quoted(value.text));
  }
  return "{" + members + "}";
}

std::string names_of(Pins pins) {
  std::string names;
  for (int i = 0; i < kPins; ++i) {
    const auto pin = static_cast<Pin>(1u << i);
    if (pins.has(pin)) names += fmt::format("{}{}", names.empty() ? "" : ",", json_quoted(to_text(pin)));
  }
  return "[" + names + "]";
}

}  // namespace

std::string Session::internal_session() const {
  std::string text =
      fmt::format(R"({{"thread_session_id":{},"thread":{},"status":{},"configuration":{})", id_,
                  worker_.index(), json_quoted(to_text(stage_)), worker_.snapshot().version());
  text += fmt::format(
      R"(,"client":{{"client_addr":{{"address":{},"port":{}}},"proxy_addr":{{"address":{},"port":{}}})",
      json_quoted(origin_.address), origin_.port, json_quoted(origin_.proxy_address), origin_.proxy_port);
  if (!origin_.load_balancer.empty())
    text += fmt::format(R"(,"load_balancer":{})", json_quoted(origin_.load_balancer));
  text += fmt::format(R"(,"capabilities":{},"compression":{},"userinfo":{{"username":{},"schemaname":{}}}}})",
                      caps_, json_quoted(to_text(compression_of(caps_))), json_quoted(wants_.user()),
                      json_quoted(wants_.schema()));
  text += fmt::format(
      R"(,"default_hostgroup":{},"autocommit":{},"in_transaction":{},"last_insert_id":{},"next_query_flagIN":{})",
      default_hostgroup_, wants_.autocommit(), in_transaction(), wants_.last_insert_id(), flag_in_);
  text += fmt::format(R"(,"variables":{},"prepared_statements":{},"pins":{},"status_flags":{})",
                      variables_of(wants_), statements_.size(), names_of(pins_), status_flags(pins_));
  return text + fmt::format(R"(,"backends":[{}]}})", lease_ ? internal_backend() : std::string{});
}

std::string Session::internal_backend() const {
  const BackendConnection& connection = *lease_;
  const Server& server = connection.server();
  std::string text = fmt::format(R"({{"hostgroup_id":{},"address":{},"port":{})", server.hostgroup,
                                 json_quoted(server.hostname), server.port);
  text += fmt::format(R"(,"thread_id":{},"server_version":{},"compression":{},"age_ms":{})",
                      connection.established().connection_id,
                      json_quoted(connection.established().server_version),
                      json_quoted(to_text(connection.compression())), now() - connection.opened_at());
  return text + fmt::format(R"(,"schemaname":{},"autocommit":{},"variables":{},"prepared_statements":{}}})",
                            json_quoted(connection.has().schema()), connection.has().autocommit(),
                            variables_of(connection.has()), connection.prepared().size());
}

}  // namespace weir
