// One of a crowd: prepares its statements one after the other, and then executes them in any order. Every
// answer carries the arguments and a checksum of them and of the statement's number, and is compared with
// what it must be.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/machine/client_handshake.hpp"
#include "proxy/net/channel.hpp"
#include "proxy/net/tls_context.hpp"

namespace weir::crowd {

struct Account {
  std::string user, password, schema;
  std::shared_ptr<const TlsContext> tls{};  // null: without TLS
};

class CrowdClient;

class CrowdHost {
 public:
  // It has prepared all its statements, and does nothing until go_on().
  virtual void on_prepared(CrowdClient& client) = 0;
  // An answer is complete, and right. False: it is to stop.
  virtual bool on_executed(CrowdClient& client) = 0;
  // It has another answer than it should have, an error, or no connection; it does nothing more.
  virtual void on_failed(CrowdClient& client, const std::string& why) = 0;

 protected:
  ~CrowdHost() = default;
};

class CrowdClient final : ChannelEvents {
 public:
  // `host` and `account` outlive it. `number` makes its arguments its own.
  CrowdClient(CrowdHost& host, Loop& loop, const Account& account, std::uint64_t number,
              std::size_t statements);

  void connect(const Address& address) { channel_.connect(address); }
  // The next execution; now and then a statement is closed before, and prepared again.
  void go_on();

 private:
  enum class Stage : unsigned char { logging_in, preparing, idle, executing, failed };

  void on_connected() noexcept override {}
  void on_bytes(MutableBytes bytes) noexcept override;
  void on_drained() noexcept override {}
  void on_closed(NetError why) noexcept override;

  void on_login_bytes(Bytes bytes);
  void on_packet(Bytes payload);
  void prepare(std::size_t index);
  void on_prepare_packet(Bytes payload);
  void close_statement(std::size_t index);
  void execute(std::size_t index);
  void on_execute_packet(Bytes payload);
  std::string wrong_row(Bytes payload) const;
  std::uint64_t next_number();
  void fail(const std::string& why);

  CrowdHost& host_;
  const Account& account_;
  Channel channel_;
  ClientHandshake handshake_;
  ByteQueue held_;                         // an incomplete packet
  std::vector<std::uint32_t> statements_;  // their ids; 0: not prepared
  std::size_t current_ = 0;
  std::size_t packets_ = 0;   // of the answer, seen so far
  std::size_t expected_ = 0;  // of the answer to a PREPARE, in all
  std::string text_;          // the arguments of the execution under way
  std::uint64_t value_ = 0;
  bool all_prepared_ = false;
  std::uint64_t state_;
  Stage stage_ = Stage::logging_in;
};

}  // namespace weir::crowd
