#include "tests/scenarios/transcript.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace treaty::scenarios {
namespace {

void append_lines(std::string& text, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) text += line + "\n";
}

}  // namespace

transcript parse_transcript(const std::string& text) {
  transcript parsed;
  block current;
  bool in_output = false;
  std::istringstream lines{text};
  for (std::string line; std::getline(lines, line);) {
    if (in_output && line.empty()) {
      parsed.blocks.push_back(std::exchange(current, {}));
      in_output = false;
    } else if (in_output) {
      current.expected.push_back(line);
    } else if (line == "----") {
      in_output = true;
    } else if (line.empty() || line.starts_with('#')) {
      current.comments.push_back(line);
    } else {
      current.commands.push_back(line);
    }
  }
  if (in_output || !current.commands.empty()) parsed.blocks.push_back(std::exchange(current, {}));
  parsed.closing_comments = std::move(current.comments);
  return parsed;
}

std::string to_text(const transcript& one) {
  std::string text;
  for (const block& part : one.blocks) {
    if (!text.empty()) text += "\n";
    append_lines(text, part.comments);
    append_lines(text, part.commands);
    text += "----\n";
    append_lines(text, part.expected);
  }
  append_lines(text, one.closing_comments);
  return text;
}

std::string read_text(const std::filesystem::path& file) {
  std::ifstream in{file};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::filesystem::path> transcripts_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) {
    if (entry.path().extension() == ".txt") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace treaty::scenarios
