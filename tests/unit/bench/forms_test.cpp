#include "bench/load/forms.hpp"

#include <gtest/gtest.h>

#include <map>

namespace treaty::load {
namespace {

TEST(Forms, AreReadAsTheyAreNamed) {
  for (const char* name :
       {"saga", "saga-10", "saga-10-concurrent-rollback-wait", "message", "message-2", "tcc-rollback", "workflow-3"}) {
    const auto mix = parse_mix(name);
    ASSERT_TRUE(mix) << name;
    EXPECT_EQ(name_of(mix->front().form), name);
  }
}

TEST(Forms, AMixGivesEachItsWeight) {
  const auto mix = parse_mix("saga:5,message,tcc-3:2");
  ASSERT_TRUE(mix);
  ASSERT_EQ(mix->size(), 3u);
  EXPECT_EQ(mix->at(0).weight, 5u);
  EXPECT_EQ(mix->at(1).weight, 1u);
  EXPECT_EQ(mix->at(1).form.branches, 1u);
  EXPECT_EQ(mix->at(2).form.branches, 3u);
}

TEST(Forms, WhatMakesNoSenseIsRefused) {
  for (const char* text : {"", "sagas", "saga:0", "saga:x", "saga-0", "saga-99", "message-rollback", "tcc-concurrent",
                           "workflow-wait", "saga-", "saga,,tcc"})
    EXPECT_FALSE(parse_mix(text)) << text;
}

TEST(Turns, ComeAsOftenAsTheWeightSaysAndEvenly) {
  turns order{{5, 1, 2}};
  std::map<std::size_t, int> counts;
  for (int i = 0; i < 8; ++i) ++counts[order.next()];
  EXPECT_EQ(counts[0], 5);
  EXPECT_EQ(counts[1], 1);
  EXPECT_EQ(counts[2], 2);
}

}  // namespace
}  // namespace treaty::load
