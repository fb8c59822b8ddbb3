#include "net/branch_url.hpp"

#include <gtest/gtest.h>

#include <random>

#include "net/discovery.hpp"

namespace treaty {
namespace {

branch_call call_of(std::string_view url) {
  branch_call call;
  call.gid = "g1";
  call.id = branch_id{"01"};
  call.op = "action";
  call.url = url;
  return call;
}

std::string target_of(std::string_view url) {
  const auto parsed = parse_http_url(url);
  return parsed ? branch_target(*parsed, call_of(url)) : parsed.error().detail;
}

TEST(Route, FollowsTheProtocolsTable) {
  EXPECT_EQ(route_of(branch_protocol::http, "http://h/a"), branch_route::http);
  EXPECT_EQ(route_of(branch_protocol::http, "h:1/pkg.S/M"), branch_route::http);
  EXPECT_EQ(route_of(branch_protocol::grpc, "http://h/a"), branch_route::http);
  EXPECT_EQ(route_of(branch_protocol::grpc, "https://h/a?method=x"), branch_route::http);
  EXPECT_EQ(route_of(branch_protocol::grpc, "h:1/pkg.S/M"), branch_route::grpc);
  EXPECT_EQ(route_of(branch_protocol::json_rpc, "http://h/a?method=x"), branch_route::json_rpc);
  EXPECT_EQ(route_of(branch_protocol::json_rpc, "http://h/a"), branch_route::http);
  EXPECT_EQ(route_of(branch_protocol::json_rpc, "h:1/pkg.S/method"), branch_route::grpc);
}

TEST(HttpUrl, IsTakenApart) {
  const auto url = parse_http_url("https://[::1]:8443/a/b?x=1&y#frag");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, http_scheme::tls);
  EXPECT_EQ(url->origin, "https://[::1]:8443");
  EXPECT_EQ(url->authority, "[::1]:8443");
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, 8443);
  EXPECT_EQ(url->path, "/a/b");
  EXPECT_EQ(url->query, "x=1&y");
  EXPECT_EQ(parse_http_url("http://h")->port, 80);
  EXPECT_EQ(parse_http_url("HTTPS://h")->port, 443);
}

TEST(BranchTarget, AddsTheFourParametersInOrder) {
  EXPECT_EQ(target_of("http://h/p"), "/p?branch_id=01&gid=g1&op=action&trans_type=saga");
  EXPECT_EQ(target_of("http://h"), "/?branch_id=01&gid=g1&op=action&trans_type=saga");
  EXPECT_EQ(target_of("http://h/p?a=b%20c"), "/p?a=b%20c&branch_id=01&gid=g1&op=action&trans_type=saga");
  EXPECT_EQ(target_of("http://h/p?"), "/p?branch_id=01&gid=g1&op=action&trans_type=saga");
  EXPECT_EQ(target_of("http://h/a b\xC3\xA9#top"), "/a%20b%C3%A9?branch_id=01&gid=g1&op=action&trans_type=saga");
}

TEST(BranchTarget, FormEncodesWhatItAdds) {
  branch_call call = call_of("http://h/p");
  call.gid = "g 1/&=\r\n\xC3\xA9~-_.";
  EXPECT_EQ(branch_target(*parse_http_url(call.url), call),
            "/p?branch_id=01&gid=g+1%2F%26%3D%0D%0A%C3%A9~-_.&op=action&trans_type=saga");
}

TEST(HttpUrl, BrokenOnesAreRefusedWithTheReason) {
  EXPECT_EQ(target_of("ftp://h/p"), "bad url: 'ftp://h/p'. neither http:// nor https:// at its start");
  EXPECT_EQ(target_of("http://"), "bad url: 'http://'. no host");
  EXPECT_EQ(target_of("http:///p"), "bad url: 'http:///p'. no host");
  EXPECT_EQ(target_of("http://h:/p"), "/p?branch_id=01&gid=g1&op=action&trans_type=saga");
  EXPECT_EQ(target_of("http://h:0/p"), "bad url: 'http://h:0/p'. the port is not a number from 1 to 65535");
  EXPECT_EQ(target_of("http://h:99999/p"), "bad url: 'http://h:99999/p'. the port is not a number from 1 to 65535");
  EXPECT_EQ(target_of("http://h:80x/p"), "bad url: 'http://h:80x/p'. the port is not a number from 1 to 65535");
  EXPECT_EQ(target_of("http://[::1/p"), "bad url: 'http://[::1/p'. ']' is missing");
  EXPECT_EQ(target_of("http://[::1]x/p"), "bad url: 'http://[::1]x/p'. text after ']'");
  EXPECT_EQ(target_of("http://u:p@h/p"), "bad url: 'http://u:p@h/p'. a user name in a URL is not supported");
  EXPECT_EQ(target_of("http://a b/p"), "bad url: 'http://a b/p'. no host");
  EXPECT_EQ(target_of("http://h/a\r\nX: y"), "bad url: 'http://h/a\r\nX: y'. a control character in it");
}

TEST(RedirectLocation, IsResolvedAgainstTheUrlThatAnswered) {
  const auto base = parse_http_url("http://h:1/a/b?x=1");
  ASSERT_TRUE(base);
  EXPECT_EQ(resolve_location(*base, "https://other/p?q"), "https://other/p?q");
  EXPECT_EQ(resolve_location(*base, "//other/p"), "http://other/p");
  EXPECT_EQ(resolve_location(*base, "/p/../q/./r?z"), "http://h:1/q/r?z");
  EXPECT_EQ(resolve_location(*base, "c"), "http://h:1/a/c");
  EXPECT_EQ(resolve_location(*base, "../../c/.."), "http://h:1/");
  EXPECT_EQ(resolve_location(*base, "?y=2"), "http://h:1/a/b?y=2");
  EXPECT_EQ(resolve_location(*base, ""), "http://h:1/a/b");
  EXPECT_EQ(resolve_location(*base, "#f"), "http://h:1/a/b?x=1#f");
  EXPECT_EQ(resolve_location(*parse_http_url("http://h"), "c?d=e:f"), "http://h/c?d=e:f");
  EXPECT_EQ(resolve_location(*base, "ftp:x"), "ftp:x");
}

// Whatever stands in a submit body reaches these functions.
TEST(BranchUrls, NoTextMakesThemCrash) {
  std::mt19937 random{7};
  const std::string_view alphabet = "http://[]:@?#%/ \r\n\t.-_aZ09\xFF\xC3";
  for (int round = 0; round < 20'000; ++round) {
    std::string url = round % 2 == 0 ? "http://" : "";
    for (std::size_t length = random() % 24; length > 0; --length) url += alphabet[random() % alphabet.size()];
    const std::string target = target_of(url);
    EXPECT_EQ(target.find_first_of("\r\n") == std::string::npos || target.starts_with("bad url"), true);
    (void)default_discovery{}.locate(url);
    (void)url_parameter(url, "method");
    (void)resolve_location(*parse_http_url("http://h/a?b"), url);
  }
}

TEST(GrpcUrl, IsSplitAtTheFirstSlash) {
  const default_discovery driver;
  EXPECT_EQ(*driver.locate("127.0.0.1:58081/busi.Busi/TransIn"),
            (dial_target{"127.0.0.1:58081", "/busi.Busi/TransIn"}));
  EXPECT_EQ(driver.locate("nohost").error().detail, "bad url: 'nohost'. no '/' found");
  EXPECT_EQ(driver.locate("/busi.Busi/M").error().detail, "bad url: '/busi.Busi/M'. no host before '/'");
  EXPECT_EQ(driver.locate("etcd://h:1/k/s/m").error().detail,
            "call dtmdriver.Use() before you use custom scheme for 'etcd://h:1/k/s/m'");
  EXPECT_FALSE(driver.locate("h:1/busi\n/M"));
}

TEST(UrlParameter, IsTheFirstOneFormDecoded) {
  EXPECT_EQ(url_parameter("a=1&method=Trans%49n+x&method=2", "method"), "TransIn x");
  EXPECT_EQ(url_parameter("method", "method"), "");
  EXPECT_EQ(url_parameter("xmethod=1", "method"), "");
  EXPECT_EQ(url_parameter("method=%zz%4", "method"), "%zz%4");
}

TEST(LocalHost, IsReplacedOnceEach) {
  EXPECT_EQ(replace_local_host("http://localhost:1/localhost", "host.docker.internal"),
            "http://host.docker.internal:1/localhost");
  EXPECT_EQ(replace_local_host("127.0.0.1:1/s/m", "host.docker.internal"), "host.docker.internal:1/s/m");
}

}  // namespace
}  // namespace treaty
