#include <hiredis/hiredis.h>

#include <memory>
#include <vector>

#include "treaty/client/redis.hpp"

namespace treaty::client {
namespace {

// KEYS: the number, this call's key, the key of what it undoes. ARGV: amount, this op, the op it undoes, lifetime.
// The balance comes before the repetition, as in the barriers of other languages.
constexpr const char* add_script = R"(
local balance = tonumber(redis.call('GET', KEYS[1]))
if balance == nil or balance + tonumber(ARGV[1]) < 0 then return 'FAILURE' end
if redis.call('EXISTS', KEYS[2]) == 1 then return 'DUPLICATE' end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[4])
if ARGV[3] ~= '' and redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('SET', KEYS[3], 'rollback', 'EX', ARGV[4])
  return 'SUCCESS'
end
redis.call('INCRBY', KEYS[1], ARGV[1])
return 'SUCCESS'
)";

constexpr const char* query_script = R"(
if redis.call('EXISTS', KEYS[1]) == 0 then redis.call('SET', KEYS[1], 'rollback', 'EX', ARGV[1]) end
return redis.call('GET', KEYS[1])
)";

struct reply_closer {
  void operator()(redisReply* given) const { freeReplyObject(given); }
};

std::string key_of(const branch_context& of, std::string_view op, std::string_view id) {
  return of.gid + "-" + of.branch_id + "-" + std::string{op} + "-" + std::string{id};
}

/// Runs a script whose answer is a text.
result<std::string> evaluate(redisContext* connection, const char* script, const std::vector<std::string>& keys,
                             const std::vector<std::string>& values) {
  std::vector<std::string> words{"EVAL", script, std::to_string(keys.size())};
  words.insert(words.end(), keys.begin(), keys.end());
  words.insert(words.end(), values.begin(), values.end());
  std::vector<const char*> texts;
  std::vector<std::size_t> lengths;
  for (const auto& word : words) {
    texts.push_back(word.data());
    lengths.push_back(word.size());
  }
  const std::unique_ptr<redisReply, reply_closer> given{static_cast<redisReply*>(
      redisCommandArgv(connection, static_cast<int>(texts.size()), texts.data(), lengths.data()))};
  if (given == nullptr) return unknown(std::string{"Redis: "} + connection->errstr);
  std::string text{given->str != nullptr ? given->str : "", given->str != nullptr ? given->len : 0};
  if (given->type != REDIS_REPLY_STRING) return unknown("Redis: " + text);
  return text;
}

}  // namespace

result<void> add_behind_barrier(barrier& guard, redisContext* connection, const std::string& key, std::int64_t amount,
                                std::chrono::seconds lifetime) {
  const branch_context& of = guard.context();
  const std::string id = guard.next_id();
  // XA has no place in Redis: DTM's barriers know these two there.
  const std::string undone{of.op == "rollback" ? "" : undone_op(of.op)};
  const auto said = evaluate(connection, add_script, {key, key_of(of, of.op, id), key_of(of, undone, id)},
                             {std::to_string(amount), of.op, undone, std::to_string(lifetime.count())});
  if (!said) return said.error();
  if (*said == "FAILURE") return refused("there is too little at " + key);
  if (*said == "DUPLICATE" && of.op == "msg") {
    return failure{errc::duplicated, "the business of message " + of.gid + " was done or given up before"};
  }
  return {};
}

result<void> query_prepared(const barrier& guard, redisContext* connection, std::chrono::seconds lifetime) {
  const std::string key = guard.context().gid + "-00-msg-01";
  const auto said = evaluate(connection, query_script, {key}, {std::to_string(lifetime.count())});
  if (!said) return said.error();
  if (*said == "rollback") return refused("the sender's business was not done");
  return {};
}

}  // namespace treaty::client
