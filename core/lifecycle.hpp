#pragma once

#include <string>
#include <string_view>

#include "core/transition.hpp"

namespace treaty {

// What all transaction types share: coming into being, refusing, waiting, ending. Helpers change `out` only.

/// Creates the transaction in `status` with its initial legs. Precondition: it does not exist.
void create(transition& out, std::shared_ptr<const txn_definition> definition, txn_status status, const context& ctx);

/// prepared -> submitted: the stored steps, payloads and branches stay; options, custom_data, query_prepared (if given)
/// and protocol are the submit's.
void adopt_submit(transition& out, const txn_definition& submitted, const context& ctx);

/// Ends the transaction; every waiting request is answered once this is durable.
void finish(transition& out, txn_status final_status, const context& ctx);

/// Decides to undo: durable before the first compensation, cancel or rollback. Cuts over-long reasons.
void begin_abort(transition& out, std::string reason, const context& ctx);

/// forceStop: any unfinished status becomes failed, branches untouched.
void force_stop(transition& out, const force_stop_requested& e, const context& ctx);

void respond(transition& out, client_token to, answer what);
void respond_ok(transition& out, client_token to);

/// "current status 'succeed', cannot sumbmit. FAILURE": refuses what the stored status does not allow. The spelling is
/// the protocol's.
answer refuse_prepare(txn_status stored);
answer refuse_submit(txn_status stored);
answer refuse_abort(trans_type stored_type, txn_status stored);
/// Nothing can be registered: not there, or not (any more) prepared, or of a type that has no registered branches.
answer refuse_register(const txn_state& state);
answer no_such_transaction(const gid& id);

/// While prepared: when we stop waiting for the client's word. Its timeout_to_fail, else the server's.
time_point patience_ends(const txn_state& state, const context& ctx);

/// Answers every waiter with how things stand now: nothing is left to do at this moment.
void answer_waiters(transition& out);

/// The same where a leg's answer ended the round: its outcome is what they hear.
void answer_waiters(transition& out, const answered& because);
/// Answers an accepted submit at once, or when its round has ended if it asked for that.
void wait_or_answer(transition& out, const txn_options& asked, client_token reply_to);

/// Notes an answer that was not definite, and when the leg is called again.
void schedule_retry(transition& out, const answered& a, const context& ctx);

/// Counts a call whose answer was not definite, and sees whether the transaction is stuck by it.
void note_attempt(txn_state& state, leg& tried, call_outcome outcome, const context& ctx);

/// Has some call that is owed failed so often in a row that an operator should look?
bool any_failing(const txn_state& state, const context& ctx);

/// Orders an alert when the leg has failed often enough in a row.
void alert_when_due(transition& out, const answered& a, const context& ctx);

/// The same for asking how a prepared transaction stands.
void schedule_watch(transition& out, const watch_answered& a, const context& ctx);

/// Makes whatever waits for a repetition due at once. A delay, or the time that a client has to speak, is not cut
/// short.
void hurry(txn_state& state, const context& ctx);

/// True when any leg's answer is awaited.
bool any_in_flight(const txn_state& state);

/// "<detail> FAILURE", the word not doubled.
std::string failure_text(std::string_view detail);

/// The first at most `bytes_max` bytes of a UTF-8 text, no character cut in half.
std::string_view cut_text(std::string_view text, std::size_t bytes_max);

}  // namespace treaty
