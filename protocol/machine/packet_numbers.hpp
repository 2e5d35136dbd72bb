// Which sequence ids compressed packets carry, and the frames within them.
//
// Compressed packets count by themselves: from 0 at each command, through both directions, and on within a
// conversation (a file that is uploaded, a change of user). The ids of frames within them mean nothing:
// servers do not look at them, and set them to the count of the compressed packets whenever they have
// flushed. Above the compressed protocol they are to be as without it, so what comes is given the ids that it
// would have there.
//
// Reads frame headers and first payload bytes; never allocates; not thread-safe.
//
// MySQL: page_protocol_basic_compression_packet, and net_serv.cc (net_flush, my_net_read). MariaDB agrees.
#pragma once

#include <cstdint>

#include "protocol/base/bytes.hpp"
#include "protocol/wire/frame.hpp"

namespace weir {

class PacketNumbers {
 public:
  // Who we are. As a client we may send a command before the reply to the one before has come, if that reply
  // is one packet (OK or ERR), and both commands are of one frame.
  enum class Side : std::uint8_t { client, server };

  explicit PacketNumbers(Side side) : side_(side) {}

  // A compressed packet with this id has come. False: another one is due.
  bool came(std::uint8_t id);
  // `plain` is what the next bytes of it have become: the frames in there are given their ids. False: a
  // server has sent another packet than the one that was due, and it is not the ERR that may come at any
  // time.
  bool number(MutableBytes plain);
  // What has come so far ends between two packets of the protocol above.
  bool between_packets() const { return incoming_.between_packets(); }

  // What has been sent so far does, and the next frame has this id.
  bool sent_whole_packets() const { return outgoing_.between_packets(); }
  std::uint8_t next_frame() const { return next_frame_; }

  // How many of the leading bytes of `plain`, which is to be sent, may go into one compressed packet; what is
  // behind them begins another command. 0: `plain` is less than a frame's header, and its rest must be waited
  // for. next_id() follows, once.
  std::size_t take(Bytes plain);
  std::uint8_t next_id() { return next_id_++; }

 private:
  // A position in a stream of frames.
  struct Walk {
    bool between_packets() const { return header_bytes == 0 && left == 0 && !continued; }
    void begin_frame();  // header[] is complete

    std::uint8_t header[kFrameHeaderBytes] = {};
    std::uint8_t header_bytes = 0;
    bool continued = false;  // the frame is full: another of the same packet follows
    bool begins = false;     // the next byte is the first of a packet's payload
    std::uint8_t first = 0;  // the first payload byte of the packet, 0 if it is empty
    std::uint32_t left = 0;  // of the frame's payload
  };

  bool came_from_client(std::uint8_t id);
  bool came_from_server(std::uint8_t id);
  void number_frame();
  bool begins_command(const FrameHeader& header) const;
  void note_sent_byte(std::uint8_t first);
  std::size_t skip_body(Walk& walk, Bytes bytes);

  const Side side_;
  std::uint8_t next_id_ = 0;      // of compressed packets
  std::uint8_t next_frame_ = 0;   // of frames, as they are counted above
  bool goes_on_ = false;          // server: what comes belongs to the conversation under way
  bool sends_command_ = false;    // client: the packet that is being sent is one
  bool sent_ahead_ = false;       // client: several commands wait for their replies
  bool must_be_error_ = false;    // client: what has begun is allowed as an ERR only
  std::uint32_t unanswered_ = 0;  // client: commands whose reply has not begun
  Walk incoming_, outgoing_;
};

}  // namespace weir
