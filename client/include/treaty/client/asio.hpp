#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <utility>

#include "treaty/client/message.hpp"
#include "treaty/client/saga.hpp"
#include "treaty/client/tcc.hpp"
#include "treaty/client/xa.hpp"

/// The async_ operations as Boost.Asio has them: `co_await async_submit(saga, asio::use_awaitable)`, a future, a
/// callback. What arrives is a result<T>, on the executor of the completion handler, never on a thread of the
/// transport. Only this header needs Boost.
namespace treaty::client {

/// Makes an asynchronous operation of Asio out of anything that takes a completion<T>.
template <class T, class Start, class Token>
auto asio_operation(Start start, Token&& token) {
  return boost::asio::async_initiate<Token, void(result<T>)>(
      [](auto handler, Start begin) {
        const auto executor = boost::asio::get_associated_executor(handler);
        // A completion may be copied, a handler of Asio only moved. The guard keeps the executor at work meanwhile.
        struct waiting {
          decltype(handler) take;
          boost::asio::executor_work_guard<std::decay_t<decltype(executor)>> work;
        };
        const auto held =
            std::make_shared<waiting>(waiting{std::move(handler), boost::asio::make_work_guard(executor)});
        begin([held](result<T> given) {
          boost::asio::post(held->work.get_executor(),
                            [held, given = std::move(given)]() mutable { std::move(held->take)(std::move(given)); });
        });
      },
      token, std::move(start));
}

/// Runs `work` on `pool`, a boost::asio::thread_pool's executor for instance: for what blocks and has no twin, such as
/// `barrier::call`, `serve_xa` and `workflow_engine::execute`. `work` gives a result<T> and must not throw.
template <class Executor, class Work, class Token>
auto async_run(Executor pool, Work work, Token&& token) {
  return asio_operation<typename std::invoke_result_t<Work&>::value_type>(
      [pool, work = std::move(work)](auto done) mutable {
        boost::asio::post(pool, [work = std::move(work), done = std::move(done)]() mutable { done(work()); });
      },
      std::forward<Token>(token));
}

template <class Token>
auto async_new_gid(const coordinator& where, Token&& token) {
  return asio_operation<std::string>([where](auto done) { where.async_new_gid(std::move(done)); },
                                     std::forward<Token>(token));
}

/// Submits a saga, message, TCC or XA transaction. What is submitted must live until it has completed.
template <class Transaction, class Token>
auto async_submit(const Transaction& transaction, Token&& token) {
  return asio_operation<void>([&transaction](auto done) { transaction.async_submit(std::move(done)); },
                              std::forward<Token>(token));
}

/// Begins a TCC or XA transaction.
template <class Transaction, class Token>
auto async_prepare(const Transaction& transaction, Token&& token) {
  return asio_operation<void>([&transaction](auto done) { transaction.async_prepare(std::move(done)); },
                              std::forward<Token>(token));
}

template <class Token>
auto async_prepare(message& announced, std::string query_prepared, Token&& token) {
  return asio_operation<void>(
      [&announced, query = std::move(query_prepared)](auto done) { announced.async_prepare(query, std::move(done)); },
      std::forward<Token>(token));
}

/// Cancels or rolls back a TCC or XA transaction.
template <class Transaction, class Token>
auto async_abort(const Transaction& transaction, std::string reason, Token&& token) {
  return asio_operation<void>(
      [&transaction, why = std::move(reason)](auto done) { transaction.async_abort(why, std::move(done)); },
      std::forward<Token>(token));
}

template <class Token>
auto async_call(tcc& transaction, tcc_branch branch, Token&& token) {
  return asio_operation<std::string>(
      [&transaction, branch = std::move(branch)](auto done) { transaction.async_call(branch, std::move(done)); },
      std::forward<Token>(token));
}

template <class Token>
auto async_call(xa& transaction, std::string url, std::string payload, Token&& token) {
  return asio_operation<std::string>([&transaction, url = std::move(url), payload = std::move(payload)](
                                         auto done) { transaction.async_call(url, payload, std::move(done)); },
                                     std::forward<Token>(token));
}

namespace detail {

/// Begin, business, end: what `run_tcc` and `run_xa` do, awaited.
template <class Transaction, class Business>
boost::asio::awaitable<result<void>> await_global(Transaction transaction, Business business) {
  using boost::asio::use_awaitable;
  result<void> begun = co_await async_prepare(transaction, use_awaitable);
  if (!begun) co_return begun;
  result<void> done;
  std::exception_ptr thrown;  // an exception cannot be awaited in its handler
  try {
    done = co_await business(transaction);
  } catch (...) {
    thrown = std::current_exception();
    done = unknown("the business threw an exception");
  }
  if (done) co_return co_await async_submit(transaction, use_awaitable);
  result<void> ignored = co_await async_abort(transaction, done.error().detail, use_awaitable);
  static_cast<void>(ignored);
  if (thrown) std::rethrow_exception(thrown);
  co_return done;
}

}  // namespace detail

/// `run_tcc` for coroutines: `business` takes a tcc& and gives an awaitable<result<void>>.
template <class Business>
boost::asio::awaitable<result<void>> await_tcc(coordinator where, std::string gid, Business business,
                                               transaction_options options = {}) {
  return detail::await_global(tcc{std::move(where), std::move(gid), std::move(options)}, std::move(business));
}

/// `run_xa` for coroutines.
template <class Business>
boost::asio::awaitable<result<void>> await_xa(coordinator where, std::string gid, Business business,
                                              transaction_options options = {}) {
  return detail::await_global(xa{std::move(where), std::move(gid), std::move(options)}, std::move(business));
}

}  // namespace treaty::client
