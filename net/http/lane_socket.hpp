#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

namespace treaty {

/// Sockets on a lane's loop, with the executor's type known: no virtual call for each operation.
using lane_socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, boost::asio::io_context::executor_type>;

/// Makes an outgoing socket fit for the loop. To be called before anything is written to it, best before it connects:
/// a write to a blocking socket waits in the kernel, and the whole lane with it. Errors: no_descriptors when its
/// number is not below `descriptors_below`; what the system says.
inline boost::system::error_code make_ready(lane_socket& socket, int descriptors_below) {
  if (socket.native_handle() >= descriptors_below) return boost::asio::error::no_descriptors;
  boost::system::error_code error;
  socket.set_option(boost::asio::ip::tcp::no_delay{true}, error);  // only slower without
  socket.non_blocking(true, error);
  return error;
}

}  // namespace treaty
