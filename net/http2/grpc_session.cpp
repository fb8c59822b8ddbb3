#include "net/http2/grpc_session.hpp"

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/base/assert.hpp"
#include "net/http2/request_headers.hpp"

namespace treaty {
namespace {

constexpr std::int32_t connection_window = 1 << 20;

nghttp2_nv entry_of(const request_header& one) {
  // The library copies both, and does not write to them.
  const auto flags = one.is_lasting ? NGHTTP2_NV_FLAG_NONE : NGHTTP2_NV_FLAG_NO_INDEX;
  return {bytes_of(one.name), bytes_of(one.value), one.name.size(), one.value.size(), static_cast<std::uint8_t>(flags)};
}

}  // namespace

/// What the library calls while it reads and writes.
struct grpc_session_events {
  static grpc_session& self(void* session) { return *static_cast<grpc_session*>(session); }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name, std::size_t name_size,
                    const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user) {
    grpc_exchange* const call = self(user).find(frame->hd.stream_id);
    if (call == nullptr) return 0;
    if (call->answer.header(text_of(name, name_size), text_of(value, value_size))) return 0;
    self(user).end(frame->hd.stream_id, {grpc_resource_exhausted, "the answer's headers are too large"});
    return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // the library resets the stream
  }

  static int data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes, std::size_t size,
                  void* user) {
    grpc_exchange* const call = self(user).find(stream);
    if (call == nullptr || call->answer.body(text_of(bytes, size))) return 0;
    self(user).reset(stream, NGHTTP2_CANCEL);
    self(user).end(stream, {grpc_resource_exhausted,
                            "the answer is over " + std::to_string(grpc_answer::message_bytes_max) + " bytes"});
    return 0;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    if (frame->hd.type == NGHTTP2_SETTINGS) self(user).note_settings();
    if (frame->hd.type == NGHTTP2_GOAWAY) self(user).went_away(frame->goaway.last_stream_id);
    const bool carries_answer = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
    if (carries_answer && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) self(user).answered(frame->hd.stream_id);
    return 0;
  }

  static int frame_not_sent(nghttp2_session*, const nghttp2_frame* frame, int error, void* user) {
    if (frame->hd.type != NGHTTP2_HEADERS) return 0;
    if (error == NGHTTP2_ERR_FRAME_SIZE_ERROR) {
      self(user).end(frame->hd.stream_id, {grpc_resource_exhausted, "the call's headers are too large"});
    } else {
      self(user).end_unprocessed(frame->hd.stream_id);
    }
    return 0;
  }

  static int stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t error, void* user) {
    self(user).closed(stream, error);
    return 0;
  }

  static int complained(nghttp2_session*, int, const char* text, std::size_t size, void* user) {
    self(user).note_complaint({text, size});
    return 0;
  }

  static ssize_t read_payload(nghttp2_session*, std::int32_t stream, std::uint8_t* into, std::size_t size,
                              std::uint32_t* flags, nghttp2_data_source*, void* user) {
    grpc_exchange* const call = self(user).find(stream);
    if (call == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::string_view payload = call->call.payload;
    std::size_t written = 0;
    if (call->bytes_sent < grpc_prefix_length) {
      const auto prefix = grpc_prefix(payload.size());
      written = std::min(size, grpc_prefix_length - call->bytes_sent);
      std::memcpy(into, prefix.data() + call->bytes_sent, written);
      call->bytes_sent += written;
    }
    if (call->bytes_sent >= grpc_prefix_length) {
      const std::string_view rest = payload.substr(call->bytes_sent - grpc_prefix_length).substr(0, size - written);
      if (!rest.empty()) std::memcpy(into + written, rest.data(), rest.size());
      call->bytes_sent += rest.size();
      written += rest.size();
    }
    if (call->bytes_sent == grpc_prefix_length + payload.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(written);
  }

  static nghttp2_session_callbacks* made() {
    nghttp2_session_callbacks* out = nullptr;
    TREATY_ASSERT(nghttp2_session_callbacks_new(&out) == 0);
    nghttp2_session_callbacks_set_on_header_callback(out, header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(out, data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(out, frame_received);
    nghttp2_session_callbacks_set_on_frame_not_send_callback(out, frame_not_sent);
    nghttp2_session_callbacks_set_on_stream_close_callback(out, stream_closed);
    nghttp2_session_callbacks_set_error_callback2(out, complained);
    return out;
  }
};

grpc_session::grpc_session(std::string_view user_agent) : user_agent_{user_agent} {
  static const nghttp2_session_callbacks* const events = grpc_session_events::made();
  static const nghttp2_option* const options = make_http2_options();
  TREATY_ASSERT(nghttp2_session_client_new2(&session_, events, this, options) == 0);
  const std::array<nghttp2_settings_entry, 2> settings{
      {{NGHTTP2_SETTINGS_ENABLE_PUSH, 0}, {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, grpc_answer::header_bytes_max}}};
  TREATY_ASSERT(nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size()) == 0);
  TREATY_ASSERT(nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, connection_window) == 0);
}

void grpc_session::start(grpc_exchange_ptr what, clock::time_point now) {
  const request_headers headers{*what, user_agent_, now};
  std::vector<nghttp2_nv> entries;
  entries.reserve(headers.all().size());
  for (const request_header& one : headers.all()) entries.push_back(entry_of(one));
  nghttp2_data_provider payload{};
  payload.read_callback = grpc_session_events::read_payload;
  what->bytes_sent = 0;
  what->answer = {};
  what->stream = nghttp2_submit_request(session_, nullptr, entries.data(), entries.size(), &payload, nullptr);
  TREATY_ASSERT(what->stream > 0);  // the session takes requests, and memory does not fail
  calls_.emplace(what->stream, std::move(what));
}

grpc_exchange_ptr grpc_session::abandon(grpc_exchange& late) {
  reset(late.stream, NGHTTP2_CANCEL);
  auto taken = calls_.extract(late.stream);
  return std::move(taken.mapped());
}

std::size_t grpc_session::capacity() const {
  if (!has_settled() || is_leaving()) return 0;
  const std::size_t limit = nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  return limit > calls_.size() ? limit - calls_.size() : 0;
}

bool grpc_session::is_leaving() const {
  return nghttp2_session_check_request_allowed(session_) == 0;
}

std::vector<grpc_exchange_ptr> grpc_session::take_all() {
  std::vector<grpc_exchange_ptr> out;
  for (auto& [stream, call] : calls_) out.push_back(std::move(call));
  calls_.clear();
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a->stream < b->stream; });
  return out;
}

grpc_exchange* grpc_session::find(std::int32_t stream) {
  const auto found = calls_.find(stream);
  return found == calls_.end() ? nullptr : found->second.get();
}

void grpc_session::end(std::int32_t stream, grpc_status how) {
  if (auto taken = calls_.extract(stream)) ended_.push_back({std::move(taken.mapped()), true, std::move(how)});
}

void grpc_session::end_unprocessed(std::int32_t stream) {
  if (auto taken = calls_.extract(stream)) ended_.push_back({std::move(taken.mapped()), false, {}});
}

void grpc_session::reset(std::int32_t stream, std::uint32_t error) {
  nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, error);  // fails only for want of memory
}

void grpc_session::answered(std::int32_t stream) {
  const grpc_exchange* const call = find(stream);
  if (call == nullptr) return;
  // An answer before the whole request: nobody waits for the rest of it.
  if (call->bytes_sent < grpc_prefix_length + call->call.payload.size()) reset(stream, NGHTTP2_NO_ERROR);
  end(stream, call->answer.status());
}

void grpc_session::went_away(std::int32_t last_stream) {
  std::vector<std::int32_t> beyond;
  for (const auto& [stream, call] : calls_)
    if (stream > last_stream) beyond.push_back(stream);
  std::sort(beyond.begin(), beyond.end());
  for (const std::int32_t stream : beyond) end_unprocessed(stream);
}

void grpc_session::closed(std::int32_t stream, std::uint32_t error) {
  const grpc_exchange* const call = find(stream);
  if (call == nullptr) return;
  if (error == NGHTTP2_REFUSED_STREAM && call->answer.is_empty()) return end_unprocessed(stream);
  std::string why = "the stream was reset: ";
  why += nghttp2_http2_strerror(error);
  end(stream, {grpc_code_of_reset(error), std::move(why)});
}

}  // namespace treaty
