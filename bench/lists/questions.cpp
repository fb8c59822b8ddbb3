#include "bench/lists/questions.hpp"

#include <fmt/format.h>

#include <chrono>

namespace treaty::lists {
namespace {

using namespace std::chrono_literals;

constexpr const char* api = "/api/treaty/v1/transactions?";
constexpr const char* dtm = "/api/dtmsvr/all?";

question fixed(std::string name, std::string target, bool fills_its_page = true) {
  return {std::move(name), [target = std::move(target)](std::mt19937_64&) { return target; }, fills_its_page};
}

std::int64_t milliseconds(time_point when) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count();
}

/// Some hour of the last day.
question in_an_hour(std::string name, std::string more, time_point newest) {
  return {std::move(name), [more = std::move(more), newest](std::mt19937_64& random) {
            const time_point from = newest - 23h + std::chrono::seconds{random() % (20 * 3600)};
            return fmt::format("{}created_from={}&created_to={}{}", api, milliseconds(from), milliseconds(from + 1h),
                               more);
          }};
}

/// The first `digits` of the gid of some transaction, after "order-".
question with_prefix(std::string name, std::size_t digits, std::string more, const amounts& held,
                     bool fills_its_page = true) {
  return {std::move(name),
          [digits, more = std::move(more), held](std::mt19937_64& random) {
            return fmt::format("{}gid_prefix={}{}", api, gid_of(random() % held.finished).substr(0, 6 + digits), more);
          },
          fills_its_page};
}

}  // namespace

std::vector<question> all_questions(const amounts& held, time_point newest) {
  const std::string plain{api};
  const std::int64_t day = milliseconds(newest - 12h);
  return {
      fixed("newest", plain + "limit=50"),
      fixed("newest, 1000", plain + "limit=1000"),
      fixed("prepared", plain + "status=prepared"),
      fixed("submitted", plain + "status=submitted"),
      fixed("aborting", plain + "status=aborting"),
      fixed("succeed", plain + "status=succeed"),
      fixed("failed", plain + "status=failed"),
      fixed("failed, 1000", plain + "status=failed&limit=1000"),
      fixed("tcc", plain + "type=tcc"),
      fixed("stuck", plain + "stuck=true"),
      fixed("stuck message", plain + "stuck=true&type=msg"),
      fixed("none: prepared xa", plain + "status=prepared&type=xa"),
      in_an_hour("in an hour", "", newest),
      in_an_hour("failed in an hour", "&status=failed", newest),
      in_an_hour("submitted in an hour", "&status=submitted", newest),
      in_an_hour("none: tcc, aborting, in an hour", "&type=tcc&status=aborting", newest),
      with_prefix("one gid", 16, "", held),
      with_prefix("4 digits", 4, "", held),
      with_prefix("4 digits, failed", 4, "&status=failed", held, false),
      with_prefix("4 digits, half a day", 4, fmt::format("&created_from={}", day), held),
      with_prefix("2 digits", 2, "", held),
      with_prefix("2 digits, failed", 2, "&status=failed", held, false),
      with_prefix("2 digits, submitted", 2, "&status=submitted", held, false),
      with_prefix("2 digits, half a day", 2, fmt::format("&created_from={}", day), held, false),
      fixed("all gids", plain + "gid_prefix=order-"),
      fixed("none: no such gid", plain + "gid_prefix=payment-"),
      fixed("calls nobody knows", plain + "destination=nowhere:80", false),
      fixed("stuck, calls nobody knows", plain + "stuck=true&destination=nowhere:80", false),
      fixed("DTM: newest", std::string{dtm} + "limit=100"),
      fixed("DTM: failed", std::string{dtm} + "limit=100&status=failed"),
      fixed("DTM: half a day, prepared", fmt::format("{}limit=100&status=prepared&createTimeEnd={}", dtm, day)),
  };
}

}  // namespace treaty::lists
