#include "net/http/web_hooks.hpp"

#include <prometheus/registry.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <utility>

#include "net/http/asio_loop.hpp"
#include "net/http/client_metrics.hpp"
#include "net/http/hook_metrics.hpp"
#include "net/http/http_transport.hpp"
#include "net/outcome.hpp"
#include "net/wire/notice_json.hpp"
#include "net/wire/text_encoding.hpp"
#include "obs/log.hpp"

namespace treaty {
namespace {

constexpr std::chrono::seconds log_every{10};

/// Owns what the request looks into.
struct kept_post {
  hook_queue::post what;
  std::map<std::string, std::string> headers;
};

branch_reply judge_delivery(int status, std::string_view) {
  if (status >= 200 && status < 300) return {call_outcome::success, {}};
  return unknown_outcome("answered with status " + std::to_string(status));
}

outgoing_request request_of(const hook_queue::post& what, std::chrono::milliseconds timeout) {
  const auto kept = std::make_shared<kept_post>(kept_post{what, {}});
  if (!what.to->credentials.empty()) {
    std::string& value = kept->headers["Authorization"] = "Basic ";
    append_base64(value, what.to->credentials);
  }
  outgoing_request request;
  request.url = what.to->parsed;
  request.target = request_target(request.url);
  request.method = "POST";
  request.body = *what.body;
  request.headers = &kept->headers;
  request.timeout = timeout;
  request.keep = kept;
  request.needs_body = false;
  return request;
}

http_client_options transport_options(const web_hooks_options& from) {
  http_client_options options;
  options.connections_max = from.limits.host_in_flight_max;  // no post waits for a connection
  options.idle_connections_max = from.limits.hook_in_flight_max;
  options.user_agent = from.user_agent;
  return options;
}

}  // namespace

/// The queue, which any thread may fill, and the thread that empties it.
class web_hooks::poster {
public:
  poster(const web_hooks_options& options, hook_metrics& metrics)
      : timeout_{options.timeout},
        metrics_{metrics},
        queue_{options.limits},
        transport_{loop_, transport_options(options), unshown_metrics_},
        thread_{[this] { loop_->run(); }} {}
  ~poster();

  void add(hook_kind kind, const hook_address_ptr& to, const std::shared_ptr<const std::string>& body);
  /// A notice that can never be delivered.
  void refuse(hook_kind kind);
  std::size_t drain(std::chrono::milliseconds limit);

private:
  void post_due();
  void post(hook_queue::post what);
  void answered(hook_queue::post what, const branch_reply& reply);
  void wake_soon();
  void log_failure(const hook_queue::post& what, const std::string& why, bool again);
  void log_drop(const hook_address& to);

  const std::chrono::milliseconds timeout_;
  hook_metrics& metrics_;
  log_limit failures_logged_{log_every};
  log_limit drops_logged_{log_every};

  std::mutex mutex_;
  std::condition_variable rested_;
  hook_queue queue_;    // under the mutex, which is held for moments
  bool woken_ = false;  // under the mutex: `post_due` is on its way

  const std::shared_ptr<asio_loop> loop_ = std::make_shared<asio_loop>();
  // What the process shows of its HTTP clients is about participants.
  prometheus::Registry unshown_;
  http_client_metrics unshown_metrics_{unshown_};
  http_transport transport_;
  std::thread thread_;  // the last: it uses all of the above
};

web_hooks::poster::~poster() {
  loop_->stop();
  thread_.join();
}

void web_hooks::poster::add(hook_kind kind, const hook_address_ptr& to,
                            const std::shared_ptr<const std::string>& body) {
  {
    const std::scoped_lock lock{mutex_};
    if (queue_.add({kind, to, body})) {
      metrics_.kept(queue_.kept());
      return wake_soon();
    }
  }
  metrics_.count(kind, hook_outcome::dropped);
  log_drop(*to);
}

void web_hooks::poster::refuse(hook_kind kind) {
  metrics_.count(kind, hook_outcome::failed);
  if (const auto held_back = failures_logged_.admit())
    log_warn("a transaction names a web-hook that is not an http or https URL", {{"held_back", *held_back}});
}

void web_hooks::poster::wake_soon() {
  if (std::exchange(woken_, true)) return;
  loop_->post([this] { post_due(); });
}

void web_hooks::poster::post_due() {
  std::vector<hook_queue::post> due;
  std::optional<time_point> next;
  {
    const std::scoped_lock lock{mutex_};
    woken_ = false;
    due = queue_.take(now());
    next = queue_.next_due();
  }
  for (hook_queue::post& one : due) post(std::move(one));
  if (next) loop_->wake_at(*next, [this] { post_due(); });
}

void web_hooks::poster::post(hook_queue::post what) {
  outgoing_request request = request_of(what, timeout_);
  transport_.send(std::move(request), judge_delivery,
                  [this, what = std::move(what)](branch_reply reply) { answered(what, reply); });
}

void web_hooks::poster::answered(hook_queue::post what, const branch_reply& reply) {
  const bool delivered = reply.outcome == call_outcome::success;
  bool again = false;
  {
    const std::scoped_lock lock{mutex_};
    delivered ? queue_.delivered(what) : void(again = queue_.failed(what, now()));
    metrics_.kept(queue_.kept());
    if (queue_.at_rest()) rested_.notify_all();
    wake_soon();
  }
  if (delivered) return metrics_.count(what.kind, hook_outcome::delivered);
  if (!again) metrics_.count(what.kind, hook_outcome::failed);
  log_failure(what, reply.detail, again);
}

std::size_t web_hooks::poster::drain(std::chrono::milliseconds limit) {
  std::unique_lock lock{mutex_};
  rested_.wait_for(lock, limit, [this] { return queue_.at_rest(); });
  return queue_.kept();
}

// Neither names more of a URL than its host: the rest may be a secret.
void web_hooks::poster::log_failure(const hook_queue::post& what, const std::string& why, bool again) {
  const auto held_back = failures_logged_.admit();
  if (!held_back) return;
  log_warn("a post to a web-hook failed", {{"host", what.to->parsed.origin},
                                           {"why", why},
                                           {"try", what.tries},
                                           {"will_repeat", again},
                                           {"held_back", *held_back}});
}

void web_hooks::poster::log_drop(const hook_address& to) {
  if (const auto held_back = drops_logged_.admit())
    log_warn("the queue of a web-hook is full: a notice is lost",
             {{"host", to.parsed.origin}, {"held_back", *held_back}});
}

web_hooks::web_hooks(std::unique_ptr<poster> posts, hook_address_ptr alert_to, hook_address_ptr completion_to,
                     std::string local_host_alias)
    : posts_{std::move(posts)},
      alert_to_{std::move(alert_to)},
      completion_to_{std::move(completion_to)},
      local_host_alias_{std::move(local_host_alias)} {}

web_hooks::~web_hooks() = default;

result<std::unique_ptr<web_hooks>> web_hooks::start(const web_hooks_options& options, hook_metrics& metrics) {
  hook_address_ptr alert_to;
  hook_address_ptr completion_to;
  if (!options.alert_url.empty()) {
    TREATY_TRY(alert_to, parse_hook_address(options.alert_url, options.local_host_alias));
  }
  if (!options.completion_url.empty()) {
    TREATY_TRY(completion_to, parse_hook_address(options.completion_url, options.local_host_alias));
  }
  return std::unique_ptr<web_hooks>{new web_hooks{std::make_unique<poster>(options, metrics), std::move(alert_to),
                                                  std::move(completion_to), options.local_host_alias}};
}

void web_hooks::alert(alert_notice what) {
  if (alert_to_) posts_->add(hook_kind::alert, alert_to_, std::make_shared<const std::string>(alert_body(what)));
}

void web_hooks::ended(end_notice what) {
  const auto body = std::make_shared<const std::string>(completion_body(what));
  if (completion_to_) posts_->add(hook_kind::completion, completion_to_, body);
  if (what.url.empty()) return;
  const auto own = parse_hook_address(what.url, local_host_alias_);
  if (!own) return posts_->refuse(hook_kind::completion);
  if (completion_to_ && (*own)->url == completion_to_->url) return;
  posts_->add(hook_kind::completion, *own, body);
}

std::size_t web_hooks::drain(std::chrono::milliseconds limit) {
  return posts_->drain(limit);
}

}  // namespace treaty
