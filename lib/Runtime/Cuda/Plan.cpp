//===- Plan.cpp - reading the plan of a model -----------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Plan.h"

#include "quantc/Runtime/Hash.h"

#include <charconv>

using namespace quantc::runtime;

namespace {

/// Far more than any device has; sums of two do not overflow.
constexpr uint64_t maxBytes = uint64_t(1) << 48;
/// What a kernel can be passed on every chip.
constexpr size_t maxArgumentBytes = 4096;

/// Reads one line word by word. The first failure stays.
class LineReader {
public:
  LineReader(std::string_view line) : rest(line) {}

  bool isAtEnd() const { return rest.empty(); }
  const std::string &getError() const { return error; }

  std::string_view word() {
    size_t space = rest.find(' ');
    std::string_view found = rest.substr(0, space);
    rest = space == rest.npos ? "" : rest.substr(space + 1);
    if (found.empty())
      fail("expected a word, but the line ends");
    return found;
  }

  uint64_t number(uint64_t max, int base = 10) {
    return parse(word(), max, base);
  }

  uint64_t parse(std::string_view text, uint64_t max, int base = 10) {
    uint64_t value = 0;
    auto [end, code] =
        std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (code != std::errc() || end != text.data() + text.size() || value > max)
      fail("expected a number of at most " + std::to_string(max) +
           ", but got '" + std::string(text) + "'");
    return value;
  }

  void fail(const std::string &message) {
    if (error.empty())
      error = message;
  }

private:
  std::string_view rest;
  std::string error;
};

class PlanReader {
public:
  explicit PlanReader(Plan &plan) : plan(plan) {}

  /// Reads a line behind the first one.
  std::string read(std::string_view text) {
    LineReader line(text);
    std::string_view key = line.word();
    if (key == "chip")
      plan.chip = line.number(10000);
    else if (key == "driver")
      plan.driver = line.number(1000000);
    else if (key == "arena")
      plan.arenaBytes = line.number(maxBytes);
    else if (key == "ptx")
      plan.ptx = readFile(line);
    else if (key == "cubin")
      plan.cubin = readFile(line);
    else if (key == "parameters")
      plan.parameterFile = readFile(line);
    else if (key == "parameter")
      plan.parameters.push_back(readParameter(line));
    else if (key == "input")
      plan.inputs.push_back(line.number(maxBytes));
    else if (key == "output")
      plan.outputs.push_back(line.number(maxBytes));
    else if (key == "kernel")
      plan.kernels.emplace_back(line.word());
    else if (key == "launch")
      readLaunch(line);
    else if (key == "copy")
      readCopy(line);
    else if (key == "fill")
      readFill(line);
    else
      line.fail("expected a known word, but got '" + std::string(key) + "'");
    if (line.getError().empty() && !line.isAtEnd())
      line.fail("expected the end of the line");
    return line.getError();
  }

private:
  PlanFile readFile(LineReader &line) {
    PlanFile file;
    file.name = line.word();
    if (file.name.find('/') != std::string::npos)
      line.fail("expected a file of the bundle, but got '" + file.name + "'");
    file.bytes = line.number(maxBytes);
    file.hashedBytes = line.number(file.bytes);
    file.hash = line.number(UINT64_MAX, 16);
    return file;
  }

  PlanParameter readParameter(LineReader &line) {
    PlanParameter parameter;
    parameter.offset = line.number(maxBytes);
    parameter.bytes = line.number(maxBytes);
    if (parameter.offset + parameter.bytes > plan.parameterFile.bytes)
      line.fail("expected a parameter inside its file");
    return parameter;
  }

  /// "a+16", "p3+0", "i0+64", "o1+0": `bytes` bytes from there on are there.
  PlanPointer readPointer(LineReader &line, std::string_view word,
                          uint64_t bytes) {
    PlanPointer pointer;
    size_t plus = word.find('+');
    if (plus == word.npos || plus == 0) {
      line.fail("expected a pointer, but got '" + std::string(word) + "'");
      return pointer;
    }
    std::string_view index = word.substr(1, plus - 1);
    uint64_t size = plan.arenaBytes;
    auto inTable = [&](PlanPointer::Base base, auto &table, auto getBytes) {
      pointer.base = base;
      pointer.index = line.parse(index, UINT32_MAX);
      if (pointer.index < table.size())
        size = getBytes(table[pointer.index]);
      else
        line.fail("expected one of " + std::to_string(table.size()) +
                  " tensors, but got '" + std::string(word) + "'");
    };
    auto same = [](uint64_t each) { return each; };
    if (word[0] == 'p')
      inTable(PlanPointer::Parameter, plan.parameters,
              [](const PlanParameter &each) { return each.bytes; });
    else if (word[0] == 'i')
      inTable(PlanPointer::Input, plan.inputs, same);
    else if (word[0] == 'o')
      inTable(PlanPointer::Output, plan.outputs, same);
    else if (word[0] != 'a' || !index.empty())
      line.fail("expected a pointer, but got '" + std::string(word) + "'");
    pointer.offset = line.parse(word.substr(plus + 1), maxBytes);
    if (pointer.offset + bytes > size)
      line.fail("expected " + std::to_string(bytes) + " bytes within " +
                std::to_string(size) + ", but got '" + std::string(word) + "'");
    return pointer;
  }

  /// A pointer, or "s4:3f800000": a scalar of so many bytes.
  PlanArgument readArgument(LineReader &line) {
    PlanArgument argument;
    std::string_view word = line.word();
    if (word.empty() || word[0] != 's') {
      argument.pointer = readPointer(line, word, 0);
      return argument;
    }
    argument.isPointer = false;
    size_t colon = std::min(word.find(':'), word.size());
    argument.bytes = line.parse(word.substr(1, colon - 1), 8);
    argument.bits = line.parse(word.substr(std::min(colon + 1, word.size())),
                               UINT64_MAX, 16);
    if (argument.bytes != 1 && argument.bytes != 2 && argument.bytes != 4 &&
        argument.bytes != 8)
      line.fail("expected a scalar of 1, 2, 4 or 8 bytes, but got '" +
                std::string(word) + "'");
    return argument;
  }

  void readLaunch(LineReader &line) {
    PlanStep step;
    step.kernel = line.number(UINT32_MAX);
    if (step.kernel >= plan.kernels.size())
      line.fail("expected one of " + std::to_string(plan.kernels.size()) +
                " kernels, but got " + std::to_string(step.kernel));
    for (uint32_t &size : step.grid)
      size = line.number(INT32_MAX);
    for (uint32_t &size : step.block)
      size = line.number(1024);
    step.sharedBytes = line.number(1 << 20);
    while (line.getError().empty() && !line.isAtEnd())
      step.arguments.push_back(readArgument(line));
    if (step.arguments.size() * sizeof(uint64_t) > maxArgumentBytes)
      line.fail("expected at most " +
                std::to_string(maxArgumentBytes / sizeof(uint64_t)) +
                " arguments, but got " + std::to_string(step.arguments.size()));
    plan.steps.push_back(std::move(step));
  }

  void readCopy(LineReader &line) {
    PlanStep step;
    step.kind = PlanStep::Copy;
    std::string_view to = line.word(), from = line.word();
    step.bytes = line.number(maxBytes);
    step.to = readPointer(line, to, step.bytes);
    step.from = readPointer(line, from, step.bytes);
    plan.steps.push_back(std::move(step));
  }

  void readFill(LineReader &line) {
    PlanStep step;
    step.kind = PlanStep::Fill;
    std::string_view to = line.word();
    step.value = line.number(255);
    step.bytes = line.number(maxBytes);
    step.to = readPointer(line, to, step.bytes);
    plan.steps.push_back(std::move(step));
  }

  Plan &plan;
};

} // namespace

std::string Plan::parse(std::string_view text) {
  constexpr std::string_view first = "quantc-plan 1\n", last = "end ";
  if (text.substr(0, first.size()) != first)
    return "expected a plan that begins with 'quantc-plan 1'";
  // The last line holds a hash of all before it.
  size_t end = text.rfind('\n', text.size() - 2) + 1;
  LineReader closing(text.substr(end, text.size() - end - 1));
  if (text.back() != '\n' || closing.word() != last.substr(0, 3) ||
      closing.number(UINT64_MAX, 16) != fnv1a(text.substr(0, end)) ||
      !closing.getError().empty())
    return "expected a whole plan, but it is damaged";
  PlanReader reader(*this);
  size_t number = 1;
  for (size_t at = first.size(); at < end;) {
    size_t next = text.find('\n', at);
    ++number;
    std::string error = reader.read(text.substr(at, next - at));
    if (!error.empty())
      return "line " + std::to_string(number) + ": " + error;
    at = next + 1;
  }
  if (ptx.name.empty() || chip == 0)
    return "expected a plan with a chip and its kernels";
  return "";
}
