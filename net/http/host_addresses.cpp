#include "net/http/host_addresses.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "net/http/name_resolver.hpp"

namespace treaty {
namespace {

namespace asio = boost::asio;
constexpr std::chrono::milliseconds pause_after_none{1'000};

}  // namespace

host_addresses::host_addresses(name_resolver& names, std::string host, std::uint16_t port,
                               std::chrono::milliseconds kept)
    : names_{names}, host_{std::move(host)}, port_{port}, kept_{kept} {
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

void host_addresses::missed(const asio::ip::tcp::endpoint& where) {
  std::erase(missed_, where);
  missed_.push_back(where);
  sort();
}

void host_addresses::found(const asio::ip::tcp::endpoint& where) {
  if (std::erase(missed_, where) > 0) sort();
}

void host_addresses::sort() {
  std::erase_if(missed_, [&](const auto& one) { return std::find(known_.begin(), known_.end(), one) == known_.end(); });
  const auto rank = [&](const asio::ip::tcp::endpoint& one) {
    const auto at = std::find(missed_.begin(), missed_.end(), one);
    return at == missed_.end() ? -1 : at - missed_.begin();
  };
  std::stable_sort(known_.begin(), known_.end(), [&](const auto& a, const auto& b) { return rank(a) < rank(b); });
}

void host_addresses::ask(heard then) {
  if (std::exchange(asking_, true)) return;
  names_.ask(host_, port_, [alive = weak_from_this(), then = std::move(then)](list found, std::string_view why_none) {
    const auto self = alive.lock();
    if (!self) return;
    self->asking_ = false;
    self->fresh_until_ = clock::now() + (found.empty() ? pause_after_none : self->kept_);
    if (!found.empty()) self->known_ = std::move(found);  // old ones are better than none
    if (!self->missed_.empty()) self->sort();
    then(why_none);
  });
}

}  // namespace treaty
