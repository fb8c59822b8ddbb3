#include "net/etcd/etcd_client.hpp"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <utility>

namespace treaty {
namespace {

using namespace etcdserverpb;

constexpr std::chrono::seconds answer_limit{2};
constexpr std::chrono::seconds ping_after{10};
constexpr std::chrono::seconds ping_limit{3};
constexpr std::chrono::milliseconds reconnect_first{200};
constexpr std::chrono::milliseconds reconnect_max{1'000};
constexpr int message_bytes_max = 16 << 20;

int milliseconds(std::chrono::milliseconds span) {
  return static_cast<int>(span.count());
}

std::shared_ptr<grpc::ChannelCredentials> credentials_of(const etcd_tls& tls) {
  if (!tls.is_on) return grpc::InsecureChannelCredentials();
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = tls.authorities;
  options.pem_cert_chain = tls.certificate;
  options.pem_private_key = tls.key;
  return grpc::SslCredentials(options);
}

std::shared_ptr<grpc::Channel> open_channel(const std::string& endpoint, const etcd_tls& tls) {
  grpc::ChannelArguments options;
  options.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(ping_after));
  options.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(ping_limit));
  options.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);  // a watch may be silent for days
  options.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, milliseconds(reconnect_first));
  options.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, milliseconds(reconnect_max));
  options.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, milliseconds(reconnect_max));
  options.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  options.SetMaxReceiveMessageSize(message_bytes_max);
  return grpc::CreateCustomChannel(endpoint, credentials_of(tls), options);
}

bool says(const grpc::Status& status, const char* what) {
  return status.error_message().find(what) != std::string::npos;
}

// An account for a cluster that has none is not an error for etcd's own clients either.
bool needs_no_token(const grpc::Status& answer) {
  return answer.error_code() == grpc::StatusCode::FAILED_PRECONDITION && says(answer, "authentication is not enabled");
}

}  // namespace

std::string endpoints_text(const std::vector<std::string>& endpoints) {
  std::string out;
  for (const std::string& one : endpoints) out += (out.empty() ? "" : ",") + one;
  return out;
}

std::string text_of(const grpc::Status& status) {
  return status.error_message().empty() ? "status " + std::to_string(status.error_code()) : status.error_message();
}

etcd_client::etcd_client(etcd_loop& loop, etcd_access access)
    : loop_{loop}, access_{std::move(access)}, channels_(access_.endpoints.size()) {}

std::shared_ptr<grpc::Channel> etcd_client::channel() {
  auto& one = channels_[current_];
  if (!one) one = open_channel(access_.endpoints[current_], access_.tls);
  return one;
}

void etcd_client::judge(const grpc::Status& status, std::size_t endpoint) {
  const auto code = status.error_code();
  const bool is_down = code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::DEADLINE_EXCEEDED;
  if (is_down && endpoint == current_) current_ = (current_ + 1) % access_.endpoints.size();
}

void etcd_client::prepare(grpc::ClientContext& context) const {
  context.AddMetadata("hasleader", "true");  // a member that lost its cluster is not to be believed
  if (token_ && !token_->empty()) context.AddMetadata("token", *token_);
}

// A token is lost when etcd starts again, when it was not used for minutes, or when the rights change; and needed from
// the moment on when authentication is enabled.
bool etcd_client::forgets_token(const grpc::Status& status, const std::optional<std::string>& token) {
  const bool is_stale = status.error_code() == grpc::StatusCode::UNAUTHENTICATED || says(status, "auth store is old") ||
                        says(status, "user name is empty");
  if (!is_stale || !has_account()) return false;
  if (token_ == token) token_.reset();
  return true;
}

// As DTM's client has it, a user without a password is nobody.
bool etcd_client::has_account() const {
  return !access_.user.empty() && !access_.password.empty();
}

void etcd_client::with_token(std::function<void(const grpc::Status&)> then) {
  if (loop_.is_stopping()) return;
  if (!has_account() || token_) return then(grpc::Status::OK);
  awaiting_token_.push_back(std::move(then));
  if (awaiting_token_.size() == 1) authenticate();
}

template <class Reply>
struct etcd_client::unary {
  grpc::ClientContext context;
  Reply reply;
  grpc::Status status;
  reader<Reply> in;
};

void etcd_client::authenticate() {
  const auto one = std::make_shared<unary<AuthenticateResponse>>();
  AuthenticateRequest request;
  request.set_name(access_.user);
  request.set_password(access_.password);
  one->context.set_deadline(std::chrono::system_clock::now() + answer_limit);
  loop_.started(one->context);
  one->in = Auth::Stub{channel()}.PrepareAsyncAuthenticate(&one->context, request, &loop_.queue());
  one->in->StartCall();
  auto done = [self = shared_from_this(), one, endpoint = current_](bool) {
    self->loop_.ended(one->context);
    if (self->loop_.is_stopping()) return;
    self->judge(one->status, endpoint);
    if (needs_no_token(one->status)) one->status = grpc::Status::OK;
    if (one->status.ok()) self->token_ = one->reply.token();
    for (const auto& then : std::exchange(self->awaiting_token_, {})) then(one->status);
  };
  one->in->Finish(&one->reply, &one->status, etcd_loop::tag(std::move(done)));
}

template <class Stub, class Request, class Reply>
void etcd_client::call(Request what, answered<Reply> done,
                       reader<Reply> (Stub::*start)(grpc::ClientContext*, const Request&, grpc::CompletionQueue*),
                       attempt which) {
  with_token([self = shared_from_this(), what = std::move(what), done = std::move(done), start,
              which](const grpc::Status& allowed) {
    if (!allowed.ok()) return done(allowed, Reply{});
    if (self->loop_.is_stopping()) return;
    const auto one = std::make_shared<unary<Reply>>();
    one->context.set_deadline(std::chrono::system_clock::now() + answer_limit);
    self->prepare(one->context);
    self->loop_.started(one->context);
    Stub stub{self->channel()};
    one->in = (stub.*start)(&one->context, what, &self->loop_.queue());
    one->in->StartCall();
    auto ended = [self, one, what, done, start, which, endpoint = self->current_, token = self->token_](bool) {
      self->loop_.ended(one->context);
      if (self->loop_.is_stopping()) return;
      self->judge(one->status, endpoint);
      if (self->forgets_token(one->status, token) && which == attempt::first)
        return self->call<Stub, Request, Reply>(what, done, start, attempt::with_new_token);
      done(one->status, one->reply);
    };
    one->in->Finish(&one->reply, &one->status, etcd_loop::tag(std::move(ended)));
  });
}

void etcd_client::range(RangeRequest what, answered<RangeResponse> done) {
  call<KV::Stub>(std::move(what), std::move(done), &KV::Stub::PrepareAsyncRange);
}

void etcd_client::put(PutRequest what, answered<PutResponse> done) {
  call<KV::Stub>(std::move(what), std::move(done), &KV::Stub::PrepareAsyncPut);
}

void etcd_client::grant(LeaseGrantRequest what, answered<LeaseGrantResponse> done) {
  call<Lease::Stub>(std::move(what), std::move(done), &Lease::Stub::PrepareAsyncLeaseGrant);
}

void etcd_client::revoke(LeaseRevokeRequest what, answered<LeaseRevokeResponse> done) {
  call<Lease::Stub>(std::move(what), std::move(done), &Lease::Stub::PrepareAsyncLeaseRevoke);
}

/// A stream for one question and one answer: what fails is over, and nothing has to be kept in step.
struct etcd_client::renewal : std::enable_shared_from_this<renewal> {
  std::shared_ptr<etcd_client> client;
  answered<LeaseKeepAliveResponse> done;
  LeaseKeepAliveRequest request;
  LeaseKeepAliveResponse reply;
  grpc::ClientContext context;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<LeaseKeepAliveRequest, LeaseKeepAliveResponse>> stream;
  std::size_t endpoint = 0;
  bool is_answered = false;

  void start() {
    endpoint = client->current_;
    context.set_deadline(std::chrono::system_clock::now() + answer_limit);
    client->prepare(context);
    client->loop_.started(context);
    stream = Lease::Stub{client->channel()}.PrepareAsyncLeaseKeepAlive(&context, &client->loop_.queue());
    stream->StartCall(next([this] { stream->WriteLast(request, {}, next([this] { read(); })); }));
  }
  void read() {
    stream->Read(&reply, next([this] {
      is_answered = true;
      finish();
    }));
  }
  void finish() {
    stream->Finish(&status, etcd_loop::tag([self = shared_from_this()](bool) {
      self->client->loop_.ended(self->context);
      if (self->client->loop_.is_stopping()) return;
      self->client->judge(self->status, self->endpoint);
      if (self->status.ok() && !self->is_answered) self->status = {grpc::StatusCode::UNAVAILABLE, "no answer"};
      self->done(self->is_answered ? grpc::Status::OK : self->status, self->reply);
    }));
  }
  void* next(std::function<void()> then) {
    return etcd_loop::tag([self = shared_from_this(), then = std::move(then)](bool ok) {
      if (ok) return then();
      self->finish();
    });
  }
};

void etcd_client::renew(LeaseKeepAliveRequest what, answered<LeaseKeepAliveResponse> done) {
  with_token([self = shared_from_this(), what, done = std::move(done)](const grpc::Status& allowed) {
    if (!allowed.ok()) return done(allowed, {});
    if (self->loop_.is_stopping()) return;
    const auto one = std::make_shared<renewal>();
    one->client = self;
    one->done = done;
    one->request = what;
    one->start();
  });
}

std::shared_ptr<etcd_watch_stream> etcd_client::watch(WatchCreateRequest what, etcd_watch_stream::heard on_response,
                                                      etcd_watch_stream::ended on_end) {
  auto out = std::make_shared<etcd_watch_stream>(shared_from_this(), std::move(on_response), std::move(on_end));
  with_token([out, what = std::move(what)](const grpc::Status&) { out->start(what); });
  return out;
}

etcd_watch_stream::etcd_watch_stream(std::shared_ptr<etcd_client> client, heard on_response, ended on_end)
    : client_{std::move(client)}, heard_{std::move(on_response)}, ended_{std::move(on_end)} {}

void etcd_watch_stream::start(const WatchCreateRequest& what) {
  if (client_->loop_.is_stopping() || !ended_) return;
  endpoint_ = client_->current_;
  client_->prepare(context_);
  client_->loop_.started(context_);
  stream_ = Watch::Stub{client_->channel()}.PrepareAsyncWatch(&context_, &client_->loop_.queue());
  creation_limit_ = client_->loop_.after(answer_limit, [this] {
    client_->judge({grpc::StatusCode::DEADLINE_EXCEEDED, {}}, endpoint_);
    context_.TryCancel();
  });
  WatchRequest request;
  *request.mutable_create_request() = what;
  stream_->StartCall(etcd_loop::tag([self = shared_from_this(), request](bool started) {
    if (!started) return self->finish();
    self->stream_->Write(request, etcd_loop::tag([self](bool written) { written ? self->read() : self->finish(); }));
  }));
}

void etcd_watch_stream::read() {
  stream_->Read(&response_, etcd_loop::tag([self = shared_from_this()](bool ok) {
    if (!ok) return self->finish();
    self->creation_limit_.reset();
    if (const auto tell = self->heard_; tell) tell(self->response_);  // which may cancel this
    self->read();
  }));
}

void etcd_watch_stream::finish() {
  stream_->Finish(&status_, etcd_loop::tag([self = shared_from_this()](bool) {
    self->client_->loop_.ended(self->context_);
    self->client_->judge(self->status_, self->endpoint_);
    self->client_->forgets_token(self->status_, self->client_->token_);
    self->creation_limit_.reset();
    const auto then = std::exchange(self->ended_, nullptr);
    self->heard_ = nullptr;
    if (then && !self->client_->loop_.is_stopping()) then(self->status_);
  }));
}

void etcd_watch_stream::cancel() {
  heard_ = nullptr;
  ended_ = nullptr;
  context_.TryCancel();
}

}  // namespace treaty
