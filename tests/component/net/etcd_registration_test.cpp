// The coordinator's place in a real etcd, as go-zero's services and their operators see it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "net/etcd/gozero_driver.hpp"
#include "tests/kit/etcd_process.hpp"
#include "tests/kit/eventually.hpp"
#include "tests/kit/tcp.hpp"

namespace treaty {
namespace {

using namespace std::chrono_literals;
using kit::eventually;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;

std::string read_file(const std::filesystem::path& file) {
  std::ifstream stream{file};
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// One coordinator's driver, in this process.
struct member {
  explicit member(gozero_options options) : driver{make_gozero_driver(std::move(options), metrics)} {
    place = driver->enrol();
    place->begin();
  }
  bool is(registration state, std::chrono::milliseconds limit = 20s) const {
    return eventually([&] { return place->state().state == state; }, limit);
  }
  double value(const std::string& metric) const {
    std::istringstream lines{prometheus::TextSerializer{}.Serialize(metrics.Collect())};
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(metric + " ")) return std::atof(line.substr(metric.size() + 1).c_str());
    return -1;
  }

  prometheus::Registry metrics;
  std::unique_ptr<service_driver> driver;
  std::unique_ptr<registrar> place;
};

class EtcdRegistration : public testing::Test {
public:
  static void SetUpTestSuite() {
    etcd_ = std::make_unique<kit::etcd_process>();
    etcd_->start();
  }
  static void TearDownTestSuite() { etcd_.reset(); }

protected:
  static kit::etcd_process& etcd() { return *etcd_; }
  static gozero_options at(const kit::etcd_process& where, const std::string& key) {
    return {key, "localhost:46790", {{where.endpoint()}, {}, {}}};
  }
  static std::string only_key(const kit::etcd_process& where, const std::string& prefix) {
    const auto all = where.keys(prefix + "/");
    return all.size() == 1 ? all.begin()->first : std::to_string(all.size()) + " keys";
  }
  static std::string hex_lease(const std::string& key) {
    std::ostringstream out;
    out << std::hex << std::atoll(key.substr(key.find('/') + 1).c_str());
    return out.str();
  }

private:
  static inline std::unique_ptr<kit::etcd_process> etcd_;
};

// Layout and lifetime are what every go-zero client relies on.
TEST_F(EtcdRegistration, IsAKeyWithTheLeaseInItsNameAndTheAddressAsItsValue) {
  member one{at(etcd(), "layout")};
  ASSERT_TRUE(one.is(registration::registered));
  const auto keys = etcd().keys("layout/");
  ASSERT_EQ(keys.size(), 1u);
  EXPECT_THAT(keys.begin()->first, MatchesRegex("layout/[1-9][0-9]+"));
  EXPECT_EQ(keys.begin()->second, "localhost:46790");
  const std::string lease = etcd().control("lease timetolive --keys " + hex_lease(keys.begin()->first));
  EXPECT_THAT(lease, HasSubstr("granted with TTL(10s)"));
  EXPECT_THAT(lease, HasSubstr(keys.begin()->first));
  EXPECT_EQ(one.value("treaty_registration_registered"), 1);
}

TEST_F(EtcdRegistration, OutlivesItsLeaseTimeByRenewingIt) {
  member one{at(etcd(), "renewed")};
  ASSERT_TRUE(one.is(registration::registered));
  const std::string key = only_key(etcd(), "renewed");
  const auto until = std::chrono::steady_clock::now() + 15s;
  while (std::chrono::steady_clock::now() < until) ASSERT_EQ(only_key(etcd(), "renewed"), key);
  EXPECT_EQ(one.value("treaty_registration_leases_total"), 1);
  EXPECT_GE(one.value("treaty_registration_renewals_total{outcome=\"done\"}"), 4);
}

TEST_F(EtcdRegistration, ComesBackUnderANewLeaseWhenItsLeaseIsLost) {
  member one{at(etcd(), "lost")};
  ASSERT_TRUE(one.is(registration::registered));
  const std::string before = only_key(etcd(), "lost");
  etcd().control("lease revoke " + hex_lease(before));
  std::string after;
  EXPECT_TRUE(eventually([&] {
    after = only_key(etcd(), "lost");
    return after.starts_with("lost/") && after != before;
  }));
  EXPECT_TRUE(one.is(registration::registered));
  EXPECT_EQ(one.value("treaty_registration_leases_total"), 2);
}

// A key that an operator removed by mistake leaves a process that runs well, and that nobody finds.
TEST_F(EtcdRegistration, PutsItsKeyBackWhenSomebodyRemovesIt) {
  member one{at(etcd(), "removed")};
  ASSERT_TRUE(one.is(registration::registered));
  const std::string key = only_key(etcd(), "removed");
  for (int round = 0; round < 2; ++round) {
    etcd().remove(key);
    EXPECT_TRUE(eventually([&] { return only_key(etcd(), "removed") == key; }, 5s));
  }
  etcd().put(key, "elsewhere:1");
  EXPECT_TRUE(eventually([&] { return etcd().keys("removed/")[key] == "localhost:46790"; }, 5s));
  EXPECT_TRUE(one.is(registration::registered));
  EXPECT_EQ(one.value("treaty_registration_leases_total"), 1);
}

TEST_F(EtcdRegistration, IsGoneAtOnceWhenItIsWithdrawn) {
  member one{at(etcd(), "withdrawn")};
  ASSERT_TRUE(one.is(registration::registered));
  EXPECT_TRUE(one.place->withdraw(5s));
  EXPECT_TRUE(etcd().keys("withdrawn/").empty());
  EXPECT_EQ(one.place->state().state, registration::withdrawn);
  EXPECT_EQ(one.value("treaty_registration_registered"), 0);
}

TEST_F(EtcdRegistration, IsMadeLaterWhenEtcdIsNotThereYet) {
  kit::etcd_process late;
  member one{at(late, "late")};
  EXPECT_TRUE(
      eventually([&] { return one.place->state().detail.find("cannot ask for a lease") != std::string::npos; }, 10s));
  EXPECT_EQ(one.place->state().state, registration::none);
  EXPECT_EQ(one.value("treaty_registration_registered"), 0);
  late.start();
  EXPECT_TRUE(one.is(registration::registered, 10s));
  EXPECT_THAT(only_key(late, "late"), MatchesRegex("late/[0-9]+"));
}

TEST_F(EtcdRegistration, SurvivesEtcdsRestartAndItsLossOfMemory) {
  kit::etcd_process weak;
  weak.start();
  member one{at(weak, "k")};
  ASSERT_TRUE(one.is(registration::registered));
  const std::string first = only_key(weak, "k");
  weak.kill();
  weak.start();
  EXPECT_TRUE(eventually([&] { return one.value("treaty_registration_renewals_total{outcome=\"done\"}") >= 1; }));
  EXPECT_EQ(only_key(weak, "k"), first);  // the lease lives in etcd's log
  weak.kill();
  weak.forget();
  weak.start();
  EXPECT_TRUE(eventually([&] { return only_key(weak, "k").starts_with("k/"); }));
  EXPECT_TRUE(one.is(registration::registered));
}

// Whoever watches must see it while etcd is away, not when it is back.
TEST_F(EtcdRegistration, IsReportedLostWhenTheLeaseMustHaveEnded) {
  kit::etcd_process weak;
  weak.start();
  member one{at(weak, "k")};
  ASSERT_TRUE(one.is(registration::registered));
  weak.kill();
  ASSERT_TRUE(one.is(registration::lost, 20s));
  EXPECT_THAT(one.place->state().detail, HasSubstr("cannot renew the lease in etcd " + weak.endpoint()));
  EXPECT_EQ(one.value("treaty_registration_registered"), 0);
  const auto asked = std::chrono::steady_clock::now();
  EXPECT_FALSE(one.place->withdraw(300ms));
  EXPECT_LT(std::chrono::steady_clock::now() - asked, 2s);
}

TEST_F(EtcdRegistration, GoesToTheNextEndpointWhenOneIsDown) {
  const kit::refused_port nobody;
  auto options = at(etcd(), "second");
  options.cluster.endpoints.insert(options.cluster.endpoints.begin(), "127.0.0.1:" + std::to_string(nobody.port()));
  member one{options};
  EXPECT_TRUE(one.is(registration::registered));
  EXPECT_THAT(only_key(etcd(), "second"), MatchesRegex("second/[0-9]+"));
}

TEST_F(EtcdRegistration, UsesTheAccountAndShowsItsPasswordToNobody) {
  kit::etcd_process guarded;
  guarded.start();
  guarded.control("user add root:rootword");
  guarded.control("user grant-role root root 2>&1");
  guarded.control("role add member");
  guarded.control("role grant-permission member readwrite --prefix=true k/");
  guarded.control("user add dtm:sesame2");
  guarded.control("user grant-role dtm member");
  guarded.control("auth enable");
  guarded.options = "--user root:rootword";
  auto options = at(guarded, "k");
  member stranger{options};
  EXPECT_TRUE(eventually([&] { return stranger.place->state().detail.find("user name") != std::string::npos; }));
  options.cluster.user = "dtm";
  options.cluster.password = "sesame1";
  member wrong{options};
  EXPECT_TRUE(
      eventually([&] { return wrong.place->state().detail.find("authentication failed") != std::string::npos; }));
  EXPECT_THAT(wrong.place->state().detail, Not(HasSubstr("sesame")));
  options.cluster.password = "sesame2";
  member one{options};
  ASSERT_TRUE(one.is(registration::registered));
  // A restart of etcd makes every token void.
  guarded.kill();
  guarded.start();
  const std::string key = only_key(guarded, "k");
  guarded.remove(key);
  EXPECT_TRUE(eventually([&] { return only_key(guarded, "k") == key; }, 15s));
  EXPECT_TRUE(one.place->withdraw(5s));
  EXPECT_TRUE(guarded.keys("k/").empty());
}

// As with DTM, whose configuration may name an account before etcd has one.
TEST_F(EtcdRegistration, IsMadeWhereNobodyAsksForItsAccountAndGoesOnWhenSomebodyDoes) {
  kit::etcd_process open;
  open.start();
  auto options = at(open, "k");
  options.cluster.user = "dtm";
  options.cluster.password = "sesame2";
  member one{options};
  ASSERT_TRUE(one.is(registration::registered));
  open.control("user add root:rootword");
  open.control("user grant-role root root 2>&1");
  open.control("role add member");
  open.control("role grant-permission member readwrite --prefix=true k/");
  open.control("user add dtm:sesame2");
  open.control("user grant-role dtm member");
  open.control("auth enable");
  open.options = "--user root:rootword";
  const std::string key = only_key(open, "k");
  open.remove(key);
  EXPECT_TRUE(eventually([&] { return only_key(open, "k") == key; }, 15s));
  EXPECT_TRUE(one.place->withdraw(5s));
}

TEST_F(EtcdRegistration, IsMadeWithoutAnAccountWhenThePasswordIsEmpty) {
  auto options = at(etcd(), "nobody");
  options.cluster.user = "dtm";
  member one{options};
  EXPECT_TRUE(one.is(registration::registered));
}

/// An authority, and a certificate of it that is good for 127.0.0.1, for servers and clients.
kit::etcd_files make_certificates(const std::filesystem::path& directory) {
  const std::string in = directory.string() + "/";
  const std::string script =
      "cd '" + in +
      "' && openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 1 -subj /CN=test-authority && "
      "openssl req -newkey rsa:2048 -nodes -keyout one.key -out one.csr -subj /CN=one && "
      "printf 'subjectAltName=IP:127.0.0.1\\nextendedKeyUsage=serverAuth,clientAuth\\n' > one.ext && "
      "openssl x509 -req -in one.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 1 -extfile one.ext -out one.pem";
  if (std::system(("(" + script + ") >/dev/null 2>&1").c_str()) != 0) throw std::runtime_error{"openssl failed"};
  return {in + "ca.pem", in + "one.pem", in + "one.key"};
}

TEST_F(EtcdRegistration, SpeaksTlsAndShowsItsCertificate) {
  const kit::scratch_directory files;
  const kit::etcd_files made = make_certificates(files.path());
  kit::etcd_process guarded{made};
  guarded.start();
  auto options = at(guarded, "k");
  options.cluster.tls = {true, read_file(made.authorities), read_file(made.certificate), read_file(made.key)};
  member one{options};
  EXPECT_TRUE(one.is(registration::registered));
  EXPECT_THAT(only_key(guarded, "k"), MatchesRegex("k/[0-9]+"));
  auto trusting_nobody = options;
  trusting_nobody.cluster.tls.authorities.clear();
  member stranger{trusting_nobody};
  EXPECT_TRUE(
      eventually([&] { return stranger.place->state().detail.find("cannot ask for a lease") != std::string::npos; }));
  EXPECT_EQ(stranger.place->state().state, registration::none);
}

}  // namespace
}  // namespace treaty
