#include "net/http2/host_addresses.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/basic_resolver.hpp>
#include <utility>

namespace treaty {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
constexpr std::chrono::milliseconds pause_after_none{1'000};
using lane_resolver = asio::ip::basic_resolver<tcp, asio::io_context::executor_type>;

}  // namespace

host_addresses::host_addresses(asio::io_context& io, std::string host, std::uint16_t port,
                               std::chrono::milliseconds kept)
    : io_{io}, host_{std::move(host)}, port_{port}, kept_{kept} {
  boost::system::error_code is_name;
  const auto address = asio::ip::make_address(host_, is_name);
  if (is_name) return;
  is_given_ = true;
  known_.emplace_back(address, port_);
  fresh_until_ = clock::time_point::max();
}

void host_addresses::doubt() {
  if (!is_given_) fresh_until_ = {};
}

void host_addresses::ask(heard then) {
  if (std::exchange(asking_, true)) return;
  const auto resolver = std::make_shared<lane_resolver>(io_);
  resolver->async_resolve(host_, std::to_string(port_),
                          [alive = weak_from_this(), resolver, then = std::move(then)](
                              const boost::system::error_code& error, const tcp::resolver::results_type& results) {
                            const auto self = alive.lock();
                            if (!self) return;
                            self->asking_ = false;
                            list found;
                            for (const auto& one : results) found.push_back(one.endpoint());
                            self->fresh_until_ = clock::now() + (found.empty() ? pause_after_none : self->kept_);
                            if (!found.empty()) self->known_ = std::move(found);  // old ones are better than none
                            then(error ? error.message() : "no address");
                          });
}

}  // namespace treaty
