// SPDX-License-Identifier: GPL-3.0-or-later
// Translation of paths between the catalogue and this machine.
#include "base/path_map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hone {
namespace {

PathMap map_of(std::vector<std::string> pairs) {
    auto map = PathMap::parse(pairs);
    EXPECT_TRUE(map) << map.error().message;
    return map.value_or(PathMap());
}

TEST(PathMap, GoesThereAndBack) {
    const PathMap map = map_of({"/srv/photos=/mnt/nas/photos/", "/home/a/./b/=/b"});
    const std::pair<const char*, const char*> pairs[] = {{"/srv/photos", "/mnt/nas/photos"},
                                                         {"/srv/photos/a/b.jpg", "/mnt/nas/photos/a/b.jpg"},
                                                         {"/srv/photos/\xFF.jpg", "/mnt/nas/photos/\xFF.jpg"},
                                                         {"/home/a/b/c", "/b/c"},
                                                         {"/srv/photos2/x", "/srv/photos2/x"},
                                                         {"/", "/"}};
    for (const auto& [there, here] : pairs) {
        EXPECT_EQ(map.here(there).native(), here);
        EXPECT_EQ(map.there(here).native(), there);
    }
    EXPECT_EQ(map_of({}).here("/a"), "/a");
    const PathMap root = map_of({"/srv/photos=/"});
    EXPECT_EQ(root.here("/srv/photos/a"), "/a");
    EXPECT_EQ(root.there("/a"), "/srv/photos/a");
}

TEST(PathMap, RefusesWhatHasTwoMeanings) {
    for (const std::vector<std::string>& wrong : {std::vector<std::string>{"/a"},
                                                  {"a=/b"},
                                                  {"/a=b"},
                                                  {"=/a"},
                                                  {"/a="},
                                                  {""},
                                                  {"/a=/x", "/a/b=/y"},
                                                  {"/a=/x", "/b=/x/y"}}) {
        const auto refused = PathMap::parse(wrong);
        ASSERT_FALSE(refused) << wrong.back();
        EXPECT_EQ(refused.error().kind, ErrorKind::kUsage);
        EXPECT_THAT(refused.error().message, testing::HasSubstr("--map"));
    }
}

}  // namespace
}  // namespace hone
