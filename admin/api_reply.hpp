#pragma once

// Internal to the API: its answers, and what its handlers share.

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/answer.hpp"
#include "core/base/result.hpp"
#include "core/model/ids.hpp"
#include "net/http_handler.hpp"
#include "net/ingress.hpp"
#include "net/wire/resource_json.hpp"

namespace treaty {

http_reply api_ok(std::string json);
http_reply api_refusal(api_error code, std::string_view message);
/// A request that is not usable, or what a look-up said.
http_reply api_refusal(const failure& why);
/// The same of a look-up of one transaction: names it when there is none.
http_reply api_refusal(const failure& why, const gid& id);
/// Renders the record, or why there is none.
http_reply api_transaction(const result<txn_record>& found, const gid& id);

/// Hands the answer of the door to a function.
std::shared_ptr<answer_sink> answer_then(std::function<void(answer)> then);

/// Segment `index` (from 0) behind /api/treaty/v1/, decoded.
std::string path_segment(const http_request& request, std::size_t index);
/// The gid in the path. Errors: invalid_argument (too long).
result<gid> gid_in_path(const http_request& request);

inline constexpr std::string_view api_root = "/api/treaty/v1/";

/// GET .../transactions
http_handler list_handler(ingress& door);
/// GET .../transactions/{gid}
http_handler read_handler(ingress& door);
/// GET .../transactions/{gid}/history
http_handler history_handler(ingress& door);
/// GET .../transactions/{gid}/wait
http_handler wait_handler(ingress& door);
/// POST .../transactions/{gid}/retry
http_handler retry_handler(ingress& door);
/// POST .../transactions/{gid}/stop
http_handler stop_handler(ingress& door);
/// POST .../transactions/{gid}/branches/{branch_id}/{op}/skip
http_handler skip_handler(ingress& door);
/// POST .../transactions/retry
http_handler retry_many_handler(ingress& door);

}  // namespace treaty
