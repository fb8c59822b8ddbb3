#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <prometheus/registry.h>

#include <cstdlib>
#include <memory>

#include "net/http/branch_http_client.hpp"
#include "net/http/client_metrics.hpp"
#include "tests/kit/lane_thread.hpp"
#include "tests/kit/raw_participant.hpp"
#include "tests/kit/scratch_directory.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

template <auto Free>
struct freed {
  template <class T>
  void operator()(T* what) const {
    Free(what);
  }
};
using key_ptr = std::unique_ptr<EVP_PKEY, freed<EVP_PKEY_free>>;
using certificate_ptr = std::unique_ptr<X509, freed<X509_free>>;

/// An authority of its own that vouches for "localhost".
struct identity {
  identity() {
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
    X509_set_pubkey(certificate.get(), key.get());
    X509_NAME* const name = X509_get_subject_name(certificate.get());
    const unsigned char text[] = "localhost";
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_EXTENSION* const names = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(certificate.get(), names, -1);
    X509_EXTENSION_free(names);
    X509_sign(certificate.get(), key.get(), EVP_sha256());
  }
  void save(const std::string& path) const {
    std::FILE* const file = std::fopen(path.c_str(), "w");
    PEM_write_X509(file, certificate.get());
    std::fclose(file);
  }
  key_ptr key{EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256")};
  certificate_ptr certificate{X509_new()};
};

/// Answers every request over TLS with "ok".
class tls_service {
public:
  explicit tls_service(const identity& who) {
    SSL_CTX_use_certificate(context_.get(), who.certificate.get());
    SSL_CTX_use_PrivateKey(context_.get(), who.key.get());
  }
  std::string port() const { return std::to_string(peer_.port()); }

private:
  void serve(kit::tcp_stream& stream) const {
    const int descriptor = stream.release();
    kit::tcp_stream closed_at_exit{descriptor};
    ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) & ~O_NONBLOCK);
    const std::unique_ptr<SSL, freed<SSL_free>> session{SSL_new(context_.get())};
    SSL_set_fd(session.get(), descriptor);
    if (SSL_accept(session.get()) != 1) return;
    char request[4096];
    const std::string answer = kit::ok_answer("ok");
    while (SSL_read(session.get(), request, sizeof request) > 0)
      SSL_write(session.get(), answer.data(), static_cast<int>(answer.size()));
  }

  std::unique_ptr<SSL_CTX, freed<SSL_CTX_free>> context_{SSL_CTX_new(TLS_server_method())};
  kit::raw_participant peer_{[this](kit::tcp_stream& stream, int) { serve(stream); }};
};

branch_reply call_once(http_client_options options, const std::string& url, std::chrono::milliseconds timeout = 10s) {
  prometheus::Registry registry;
  http_client_metrics metrics{registry};
  const auto loop = std::make_shared<asio_loop>();
  branch_http_client client{std::make_shared<http_transport>(loop, std::move(options), metrics)};
  kit::lane_thread lane{loop};
  branch_call call;
  call.url = url;
  call.timeout = timeout;
  lane.start(client, call).get();
  return lane.start(client, call).get();  // over the kept connection, if there is one
}

TEST(HttpsClient, SpeaksTlsToWhomItTrusts) {
  const kit::scratch_directory scratch;
  const identity who;
  const std::string authorities = scratch.path() / "authorities.pem";
  who.save(authorities);
  tls_service service{who};
  ::setenv("SSL_CERT_FILE", authorities.c_str(), 1);
  const branch_reply reply = call_once({}, "https://localhost:" + service.port() + "/p");
  EXPECT_EQ(reply.outcome, call_outcome::success) << reply.detail;
  const branch_reply wrong_name = call_once({}, "https://127.0.0.1:" + service.port() + "/p");
  EXPECT_EQ(wrong_name.outcome, call_outcome::unknown);
  EXPECT_THAT(wrong_name.detail, HasSubstr("certificate verify failed"));
  ::unsetenv("SSL_CERT_FILE");
}

TEST(HttpsClient, RefusesAServiceThatNobodyVouchesFor) {
  const identity who;
  tls_service service{who};
  const branch_reply reply = call_once({}, "https://localhost:" + service.port() + "/p");
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("certificate verify failed"));
}

TEST(HttpsClient, SaysWhenTheOtherSideSpeaksNoTls) {
  kit::raw_participant plain{
      [](kit::tcp_stream& stream, int) { stream.write("HTTP/1.1 400 Bad Request\r\n\r\n", kit::steady::now() + 5s); }};
  const branch_reply reply = call_once({}, "https://127.0.0.1:" + std::to_string(plain.port()) + "/p");
  EXPECT_EQ(reply.outcome, call_outcome::unknown);
  EXPECT_THAT(reply.detail, HasSubstr("TLS: "));
}

TEST(HttpsClient, GivesUpAHandshakeThatDoesNotEnd) {
  kit::raw_participant silent{[](kit::tcp_stream& stream, int) { kit::wait_for_close(stream); }};
  http_client_options options;
  options.connect_timeout = 100ms;
  const branch_reply reply = call_once(options, "https://127.0.0.1:" + std::to_string(silent.port()) + "/p");
  EXPECT_THAT(reply.detail, HasSubstr("connect timed out"));
}

}  // namespace
}  // namespace treaty
