#pragma once

#include "core/base/result.hpp"
#include "core/model/record.hpp"
#include "net/wire/branch_body.hpp"
#include "net/wire/trans_body.hpp"
#include "proto/dtmgimp.pb.h"

namespace treaty {

/// What a gRPC request says about a transaction (docs/protocol.md, "Mapping of DtmRequest"). The protocol is always
/// grpc; absent options are the defaults; the gid is taken as it is.
/// Errors: invalid_argument; the detail names the field.
result<trans_body> body_of(dtmgimp::DtmRequest request);
branch_body body_of(dtmgimp::DtmBranchRequest request);
/// How far a workflow is, and its result if it has one.
void describe(const txn_record& record, dtmgimp::DtmProgressesReply& into);

}  // namespace treaty
