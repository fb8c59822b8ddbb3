#include "net/grpc/rpc_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/assert.hpp"
#include "net/outcome.hpp"

namespace treaty {
namespace {

constexpr std::int32_t connection_window = 4 << 20;
constexpr std::uint32_t stream_window = 1 << 20;
constexpr std::size_t hpack_overhead = 32;               // of each header, RFC 7541, 4.1
constexpr std::size_t status_message_bytes_max = 2'000;  // clients take 8 KiB of headers, and a byte may become three
constexpr std::string_view standard_type = "application/grpc";

// The library copies the value unless it lives for ever, and writes to neither.
nghttp2_nv entry(std::string_view name, std::string_view value, bool value_is_static) {
  const auto flags =
      value_is_static ? NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE : NGHTTP2_NV_FLAG_NO_COPY_NAME;
  return {bytes_of(name), bytes_of(value), name.size(), value.size(), static_cast<std::uint8_t>(flags)};
}

grpc_status no_memory() {
  return {grpc_resource_exhausted, "too many requests that have not come wholly, or answers that were not taken"};
}

grpc_status status_of(const failure& why) {
  if (why.code == errc::overloaded) return {grpc_resource_exhausted, why.detail};
  if (why.code == errc::unsupported) return {grpc_unimplemented, why.detail};
  return {grpc_internal, why.detail};
}

bool ends_stream(const nghttp2_frame& frame) {
  const bool may = frame.hd.type == NGHTTP2_HEADERS || frame.hd.type == NGHTTP2_DATA;
  return may && (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
}

}  // namespace

/// What the library calls while it reads and writes.
struct rpc_session_events {
  static rpc_session& self(void* session) { return *static_cast<rpc_session*>(session); }

  static int headers_begin(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) return 0;
    rpc_session& to = self(user);
    rpc_session::call& one = to.calls_.try_emplace(frame->hd.stream_id, to.limits_).first->second;
    one.since = to.now_;
    to.recount(one);
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    rpc_session::call* const one = self(user).find(frame->hd.stream_id);
    if (one == nullptr) return 0;
    if (self(user).header(*one, text_of(name, name_size), text_of(value, value_size))) return 0;
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // the library resets the stream
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    rpc_session::call* const one = self(user).find(stream);
    if (one != nullptr) self(user).data(stream, *one, text_of(bytes, size));
    return 0;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    rpc_session& to = self(user);
    if (frame->hd.type == NGHTTP2_SETTINGS) to.note_settings();
    if (frame->hd.type == NGHTTP2_PING && (frame->hd.flags & NGHTTP2_FLAG_ACK) != 0) to.take_no_more();
    rpc_session::call* const one = to.find(frame->hd.stream_id);
    if (one == nullptr) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      to.begun(frame->hd.stream_id, *one);
    if (ends_stream(*frame)) to.asked(frame->hd.stream_id, *one);
    return 0;
  }

  static int frame_sent(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
    // The library would send a PING before the GOAWAY that it follows.
    if (frame->hd.type == NGHTTP2_GOAWAY && self(user).is_leaving_) self(user).ping();
    if (!ends_stream(*frame)) return 0;
    const rpc_session::call* const one = self(user).find(frame->hd.stream_id);
    // Answered before the whole request came: nobody waits for the rest of it.
    if (one != nullptr && !one->has_asked)
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    return 0;
  }

  static int stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t, void* user) {
    self(user).forget(stream);
    return 0;
  }

  static int complained(nghttp2_session*, int, const char* text, std::size_t size, void* user) {
    self(user).note_complaint({text, size});
    return 0;
  }

  static ssize_t read_answer(nghttp2_session*, std::int32_t stream, std::uint8_t* into, std::size_t size,
                             std::uint32_t* flags, nghttp2_data_source*, void* user) {
    return static_cast<ssize_t>(self(user).read_answer(stream, into, size, *flags));
  }

  static nghttp2_session_callbacks* made() {
    nghttp2_session_callbacks* out = nullptr;
    TREATY_ASSERT(nghttp2_session_callbacks_new(&out) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(out, headers_begin);
    nghttp2_session_callbacks_set_on_header_callback(out, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(out, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(out, frame_received);
    nghttp2_session_callbacks_set_on_frame_send_callback(out, frame_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(out, stream_closed);
    nghttp2_session_callbacks_set_error_callback2(out, complained);
    return out;
  }
};

rpc_session::rpc_session(const rpc_table& methods, const rpc_limits& limits, rpc_budget& budget)
    : methods_{methods}, limits_{limits}, budget_{budget} {
  static const nghttp2_session_callbacks* const events = rpc_session_events::made();
  static const nghttp2_option* const options = make_http2_options();
  TREATY_ASSERT(nghttp2_session_server_new2(&session_, events, this, options) == 0);
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<std::uint32_t>(limits.header_bytes_max)}}};
  TREATY_ASSERT(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  TREATY_ASSERT(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window) == 0);
}

rpc_session::~rpc_session() {
  for (const auto& [stream, one] : calls_) budget_.held -= one.counted;
}

result<void> rpc_session::receive(std::string_view bytes, clock::time_point now) {
  now_ = now;
  return http2_session::receive(bytes);
}

void rpc_session::send(std::int32_t stream, std::string_view message) {
  call* const one = find(stream);
  if (one == nullptr || one->finished) return;
  if (one->out.size() - one->out_sent > limits_.answers_waiting_max)
    return finish(stream, {grpc_resource_exhausted, "the answers are not taken"});
  append_message(one->out, message);
  recount(*one);
  begin_answer(stream, *one);
}

void rpc_session::finish(std::int32_t stream, std::string_view message) {
  call* const one = find(stream);
  if (one == nullptr || one->finished) return;
  append_message(one->out, message);
  one->finished = true;
  recount(*one);
  begin_answer(stream, *one);
}

void rpc_session::finish(std::int32_t stream, grpc_status how) {
  call* const one = find(stream);
  if (one == nullptr || one->finished) return;
  one->finished = true;
  one->how = std::move(how);
  one->how.message = reply_detail(one->how.message, status_message_bytes_max);
  one->in.drop();
  one->asked.reset();
  recount(*one);
  if (one->answers) return begin_answer(stream, *one);
  submit_end(stream, *one);
}

bool rpc_session::is_open(std::int32_t stream) const {
  const auto found = calls_.find(stream);
  return found != calls_.end() && !found->second.finished;
}

std::size_t rpc_session::end_late(clock::time_point now) {
  std::vector<std::int32_t> late;
  std::vector<std::int32_t> untaken;
  for (auto& [stream, one] : calls_) {
    if (is_late(one, now)) late.push_back(stream);
    if (is_untaken(stream, one, now)) untaken.push_back(stream);
  }
  for (const std::int32_t stream : late) finish(stream, {grpc_cancelled, "the request did not come in time"});
  for (const std::int32_t stream : untaken) {
    nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
    forget(stream);
  }
  return late.size() + untaken.size();
}

bool rpc_session::is_late(const call& one, clock::time_point now) const {
  if (one.method == nullptr || one.has_asked || one.finished) return false;
  const bool is_waited_for = one.method->asks == rpc_asks::once || one.in.is_in_message();
  return is_waited_for && now - one.since >= limits_.request_limit;
}

// A client that grants room and does not read is met at the socket.
bool rpc_session::is_untaken(std::int32_t stream, call& one, clock::time_point now) const {
  const bool has_room = !one.has_answer_left() || (nghttp2_session_get_remote_window_size(session_) > 0 &&
                                                   nghttp2_session_get_stream_remote_window_size(session_, stream) > 0);
  if (has_room) {
    one.has_no_room_since.reset();
    return false;
  }
  if (!one.has_no_room_since) one.has_no_room_since = now;
  return now - *one.has_no_room_since >= limits_.write_limit;
}

void rpc_session::go_away() {
  is_leaving_ = true;
  if (calls_.empty()) return take_no_more();
  nghttp2_submit_shutdown_notice(session_);
}

void rpc_session::take_no_more() {
  if (!std::exchange(is_leaving_, false)) return;
  const std::int32_t last = nghttp2_session_get_last_proc_stream_id(session_);
  nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR, nullptr, 0);
}

rpc_session::call* rpc_session::find(std::int32_t stream) {
  const auto found = calls_.find(stream);
  return found == calls_.end() ? nullptr : &found->second;
}

bool rpc_session::header(call& one, std::string_view name, std::string_view value) {
  one.header_bytes += name.size() + value.size() + hpack_overhead;
  if (one.header_bytes > limits_.header_bytes_max) return false;
  if (budget_.is_spent()) one.is_cut = true;
  if (one.is_cut) return true;
  if (name == ":method") one.is_post = value == "POST";
  if (name == ":path") {
    one.path = value;
  } else if (name == "content-type") {
    one.content_type = value;
  } else if (name == "grpc-encoding") {
    one.in.set_encoding(value);
  } else {
    return true;
  }
  recount(one);
  return true;
}

void rpc_session::begun(std::int32_t stream, call& one) {
  if (one.is_cut || budget_.is_spent()) return finish(stream, no_memory());
  if (!one.is_post) return refuse(stream, one, "405");
  if (!one.content_type.starts_with(standard_type)) return refuse(stream, one, "415");
  one.method = methods_.find(one.path);
  if (one.method == nullptr) finish(stream, methods_.unknown(one.path));
}

void rpc_session::data(std::int32_t stream, call& one, std::string_view bytes) {
  if (one.finished) return;
  if (one.method->asks == rpc_asks::often && !one.in.is_in_message()) one.since = now_;
  one.in.take(bytes);
  read_messages(stream, one);
  recount(one);
  if (!one.finished && budget_.is_spent()) finish(stream, no_memory());
}

void rpc_session::read_messages(std::int32_t stream, call& one) {
  while (true) {
    auto message = one.in.next();
    if (!message) return finish(stream, status_of(message.error()));
    if (!*message) return;
    if (one.method->asks == rpc_asks::often) {
      messages_.push_back({stream, one.method, *std::move(*message)});
      one.since = now_;
    } else if (!one.asked) {
      one.asked = *std::move(*message);
    } else {
      return finish(stream, {grpc_internal, "the method takes one message"});
    }
  }
}

void rpc_session::asked(std::int32_t stream, call& one) {
  one.has_asked = true;
  if (one.finished) return;
  if (one.in.is_in_message()) return finish(stream, {grpc_internal, "the request's message is cut short"});
  if (one.method->asks == rpc_asks::often) return messages_.push_back({stream, nullptr, {}});
  if (!one.asked) return finish(stream, {grpc_internal, "the request has no message"});
  messages_.push_back({stream, one.method, *std::exchange(one.asked, std::nullopt)});
  recount(one);
}

void rpc_session::forget(std::int32_t stream) {
  const auto found = calls_.find(stream);
  if (found == calls_.end()) return;
  budget_.held -= found->second.counted;
  calls_.erase(found);
  if (calls_.empty()) take_no_more();
}

std::size_t rpc_session::call::held() const {
  constexpr std::size_t copies = 4;  // ours, and the library's: what is percent-encoded is up to three times as long
  return sizeof(call) + path.capacity() + content_type.capacity() + in.held() + (asked ? asked->capacity() : 0) +
         out.capacity() + copies * how.message.size();
}

/// To be called whenever it holds more, or less.
void rpc_session::recount(call& one) {
  const std::size_t now = one.held();
  budget_.held += now;
  budget_.held -= std::exchange(one.counted, now);
}

/// For who does not speak gRPC.
void rpc_session::refuse(std::int32_t stream, call& one, const char* http_status) {
  one.finished = true;
  const std::array<nghttp2_nv, 1> entries{entry(":status", http_status, true)};
  nghttp2_submit_response(session_, stream, entries.data(), entries.size(), nullptr);  // fails for a closed stream only
}

void rpc_session::begin_answer(std::int32_t stream, call& one) {
  if (std::exchange(one.answers, true)) {
    nghttp2_session_resume_data(session_, stream);  // refused when it was not waiting
    return;
  }
  const bool is_standard = one.content_type == standard_type;
  const std::array<nghttp2_nv, 2> entries{
      entry(":status", "200", true),
      entry("content-type", is_standard ? standard_type : std::string_view{one.content_type}, is_standard)};
  nghttp2_data_provider source{};
  source.read_callback = rpc_session_events::read_answer;
  nghttp2_submit_response(session_, stream, entries.data(), entries.size(), &source);  // as above
}

/// An answer without a message: one block of headers is all of it.
void rpc_session::submit_end(std::int32_t stream, call& one) {
  const std::string code = std::to_string(one.how.code);
  const std::string message = grpc_message_text(one.how.message);
  const std::string pushback = std::to_string(one.how.pushback_ms);
  const std::string_view type = one.is_cut ? standard_type : std::string_view{one.content_type};
  std::array<nghttp2_nv, 5> entries{entry(":status", "200", true), entry("content-type", type, false),
                                    entry("grpc-status", code, false), entry("grpc-message", message, false)};
  std::size_t count = 4;
  if (one.how.code == grpc_unimplemented) entries[count++] = entry("grpc-accept-encoding", "gzip", true);
  if (one.how.pushback_ms > 0) entries[count++] = entry("grpc-retry-pushback-ms", pushback, false);
  nghttp2_submit_response(session_, stream, entries.data(), count, nullptr);  // as above
}

std::int64_t rpc_session::read_answer(std::int32_t stream, std::uint8_t* into, std::size_t size, std::uint32_t& flags) {
  call* const one = find(stream);
  if (one == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  const std::size_t written = std::min(size, one->out.size() - one->out_sent);
  if (written > 0) std::memcpy(into, one->out.data() + one->out_sent, written);
  one->out_sent += written;
  if (written > 0) one->has_no_room_since.reset();
  if (one->out_sent < one->out.size()) return static_cast<std::int64_t>(written);
  std::string{}.swap(one->out);
  one->out_sent = 0;
  recount(*one);
  if (!one->finished && written == 0) return NGHTTP2_ERR_DEFERRED;
  if (!one->finished) return static_cast<std::int64_t>(written);
  flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
  const std::string code = std::to_string(one->how.code);
  const std::string message = grpc_message_text(one->how.message);
  const std::array<nghttp2_nv, 2> trailers{entry("grpc-status", code, false), entry("grpc-message", message, false)};
  const std::size_t count = one->how.message.empty() ? 1 : 2;
  if (nghttp2_submit_trailer(session_, stream, trailers.data(), count) != 0)
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  return static_cast<std::int64_t>(written);
}

}  // namespace treaty
