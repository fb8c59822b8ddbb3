#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace treaty::scenarios {

/// One step of a transcript: what is done, and everything that was seen to follow.
struct block {
  std::vector<std::string> comments;  // lines that begin with '#', and empty ones, before the commands
  std::vector<std::string> commands;  // lines; several commands in one are parted by "; "
  std::vector<std::string> expected;
};

/// A file of blocks: commands, a line "----", the expected output up to the next empty line.
struct transcript {
  std::vector<block> blocks;
  std::vector<std::string> closing_comments;
};

transcript parse_transcript(const std::string& text);
std::string to_text(const transcript& one);

std::string read_text(const std::filesystem::path& file);
/// Files of a folder, by name.
std::vector<std::filesystem::path> transcripts_in(const std::filesystem::path& folder);

}  // namespace treaty::scenarios
