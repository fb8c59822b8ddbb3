#include "tests/kit/participant.hpp"

#include <algorithm>
#include <utility>

namespace treaty::kit {
namespace {

seen_call read_call(http_message message) {
  seen_call call;
  const std::size_t from = message.start_line.find(' ') + 1;
  const std::string target = message.start_line.substr(from, message.start_line.rfind(' ') - from);
  const std::size_t mark = target.find('?');
  const std::string query = mark == std::string::npos ? "" : target.substr(mark + 1);
  call.path = target.substr(0, mark);
  call.gid = query_value(query, "gid");
  call.branch = query_value(query, "branch_id");
  call.op = query_value(query, "op");
  call.message = std::move(message);
  return call;
}

std::string response_text(const scripted_reply& reply) {
  std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\n";
  for (const std::string& header : reply.headers) text += header + "\r\n";
  return text + "Content-Length: " + std::to_string(reply.body.size()) + "\r\n\r\n" + reply.body;
}

std::vector<seen_call> only_of(const std::vector<seen_call>& all, const std::string& gid) {
  std::vector<seen_call> some;
  std::copy_if(all.begin(), all.end(), std::back_inserter(some), [&](const auto& call) { return call.gid == gid; });
  return some;
}

// A coordinator keeps idle connections for as long as it likes; only `~participant` ends them.
constexpr std::chrono::hours idle_limit{24};

}  // namespace

participant::participant() : acceptor_{[this] { accept_all(); }} {}

participant::~participant() {
  {
    const std::scoped_lock lock{mutex_};
    stopping_ = true;
    for (session& one : sessions_) one.stream.shut_down();
  }
  changed_.notify_all();
  listener_.shut_down();
  acceptor_.join();
  for (session& one : sessions_) one.thread.join();
}

void participant::accept_all() {
  while (true) {
    tcp_stream stream = listener_.accept();
    const std::scoped_lock lock{mutex_};
    if (!stream.is_open() || stopping_) return;
    session& added = sessions_.emplace_back();
    added.stream = std::move(stream);
    added.thread = std::thread{[this, &added] { serve(added.stream); }};
  }
}

void participant::serve(tcp_stream& stream) {
  std::string buffered;
  while (auto message = read_message(stream, buffered, message_kind::request, steady::now() + idle_limit)) {
    std::size_t row = 0;
    const scripted_reply reply = enter(read_call(std::move(*message)), row);
    if (!rest(reply.delay) || reply.hang_up) break;
    {
      const std::scoped_lock lock{mutex_};
      if (reply.reset) return stream.reset();
      ledger_[row].answered = reply.status;
    }
    changed_.notify_all();
    if (!stream.write(response_text(reply), steady::now() + std::chrono::seconds{10})) break;
  }
  stream.shut_down();
}

scripted_reply participant::enter(seen_call call, std::size_t& row) {
  script what;
  {
    const std::scoped_lock lock{mutex_};
    row = ledger_.size();
    ledger_.push_back(call);
    if (const auto found = scripts_.find(call.path); found != scripts_.end()) what = found->second;
  }
  changed_.notify_all();
  return what ? what(call) : scripted_reply{};
}

bool participant::rest(std::chrono::milliseconds delay) {
  std::unique_lock lock{mutex_};
  changed_.wait_for(lock, delay, [this] { return stopping_; });
  return !stopping_;
}

void participant::on(const std::string& path, script what) {
  const std::scoped_lock lock{mutex_};
  scripts_[path] = std::move(what);
}

void participant::on(const std::string& path, scripted_reply what) {
  on(path, [what = std::move(what)](const seen_call&) { return what; });
}

std::string participant::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + path;
}

std::vector<seen_call> participant::ledger() const {
  const std::scoped_lock lock{mutex_};
  return ledger_;
}

std::vector<seen_call> participant::ledger_of(const std::string& gid) const {
  const std::scoped_lock lock{mutex_};
  return only_of(ledger_, gid);
}

std::string participant::story_of(const std::string& gid) const {
  std::string story;
  for (const seen_call& call : ledger_of(gid)) story += (story.empty() ? "" : ", ") + call.op + " " + call.branch;
  return story;
}

bool participant::wait_for(const std::string& gid, const std::function<bool(const std::vector<seen_call>&)>& holds,
                           std::chrono::milliseconds limit) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, limit, [&] { return holds(only_of(ledger_, gid)); });
}

}  // namespace treaty::kit
