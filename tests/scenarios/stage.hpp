#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/kit/driver_host.hpp"

namespace treaty::scenarios {

/// Plays the commands of a transcript on a driver and writes down what it asks for.
///
/// submit|prepare <gid> saga|msg <step>,<step>..|none [option].. | <gid> tcc|xa|workflow [option]..
///                                                       a request; its reply is numbered #1, #2 ..
///   options: concurrent orders=1:0,2:0+1 wait timeout=s retry_limit=n retry_count=n retry_interval=s delay=s query
/// register <branch> [no-confirm|no-cancel|..]           tcc, xa: two rows; those of `no-` have an empty URL
/// register <branch> [<operation>] [failed]              workflow: what it has done
/// end succeed|failed ["result or reason"]               workflow: its own verdict
/// abort [<type>] ["reason"] | forcestop | retry         requests, numbered too
/// durable                                               the write under way has been stored
/// answer <branch> <operation> <outcome> ["text"]        the participant answers
/// say <outcome> ["text"]                                the application answers at query_prepared
/// advance 10s|100ms                                     time passes, and timers fire
/// crash [stored]                                        the process dies; the write under way is lost, or was stored
/// unseen 10s                                            time passes, and no timer fires: dead, or late
/// restart                                               and comes back from what is stored
class stage {
public:
  /// Plays one line and returns what was seen.
  std::vector<std::string> play(const std::string& line);

private:
  void run(const std::string& command);
  bool run_request(const std::vector<std::string>& words, const std::string& command);
  void run_rest(const std::vector<std::string>& words, const std::string& command);
  void request(const std::vector<std::string>& words);
  void end(const std::vector<std::string>& words, const std::string& command);
  void answer(const std::vector<std::string>& words, const std::string& command);
  void restart();
  void collect();
  void note_timer();
  void see(std::string line) { seen_.push_back(std::move(line)); }

  std::optional<kit::driver_host> host_;
  std::string gid_;
  trans_type type_ = trans_type::saga;
  client_token last_token_ = 0;
  std::optional<time_point> announced_;
  bool finished_ = false;
  std::vector<std::string> seen_;
};

}  // namespace treaty::scenarios
