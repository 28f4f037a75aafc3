//===- Assembler.cpp - PTX to machine code --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Assembler.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"

using namespace llvm;

/// nvidia/cu13/bin in the packages of a virtual environment.
static std::string findWheel(StringRef environment) {
  std::error_code code;
  for (sys::fs::directory_iterator it(environment + "/lib", code), end;
       it != end && !code; it.increment(code)) {
    std::string folder = it->path() + "/site-packages/nvidia/cu13/bin";
    if (sys::fs::is_directory(folder))
      return folder;
  }
  return "";
}

std::optional<std::string> quantc::findAssembler() {
  auto findIn = [](ArrayRef<StringRef> folders) -> std::optional<std::string> {
    if (auto found = sys::findProgramByName("ptxas", folders))
      return *found;
    return std::nullopt;
  };
  if (auto given = sys::Process::GetEnv("QUANTC_CUDA_BIN"))
    return findIn(StringRef(*given));
  if (auto found = findIn({}))
    return found;
  std::vector<std::string> folders;
  if (auto home = sys::Process::GetEnv("CUDA_HOME"))
    folders.push_back(*home + "/bin");
  if (auto environment = sys::Process::GetEnv("VIRTUAL_ENV"))
    folders.push_back(findWheel(*environment));
  folders.push_back(QUANTC_CUDA_BIN);
  for (const std::string &folder : folders)
    if (!folder.empty())
      if (auto found = findIn(StringRef(folder)))
        return found;
  return std::nullopt;
}

/// What ptxas -v says of each kernel.
static quantc::Spills parseSpills(StringRef log) {
  quantc::Spills spills;
  std::string kernel;
  while (!log.empty()) {
    StringRef line;
    std::tie(line, log) = log.split('\n');
    if (auto [head, name] = line.split("Compiling entry function '");
        !name.empty()) {
      kernel = name.split('\'').first.str();
      continue;
    }
    // "0 bytes stack frame, 8 bytes spill stores, 8 bytes spill loads"
    SmallVector<StringRef> parts;
    line.split(parts, ',');
    for (StringRef part : parts) {
      auto [number, what] = part.trim().split(' ');
      int64_t bytes;
      if (what.starts_with("bytes spill") && !number.getAsInteger(10, bytes) &&
          bytes > 0)
        spills[kernel] += bytes;
    }
  }
  return spills;
}

Expected<quantc::Spills> quantc::assemble(StringRef assembler, StringRef chip,
                                          StringRef ptx, StringRef cubin) {
  std::string log = (cubin + ".log").str(), message;
  int status = sys::ExecuteAndWait(
      assembler, {assembler, "-v", ("-arch=" + chip).str(), "-o", cubin, ptx},
      /*Env=*/std::nullopt, {StringRef(""), StringRef(log), StringRef(log)},
      /*SecondsToWait=*/0, /*MemoryLimit=*/0, &message);
  std::string text;
  if (auto buffer = MemoryBuffer::getFile(log))
    text = (*buffer)->getBuffer().trim().str();
  sys::fs::remove(log);
  if (status != 0)
    return createStringError(assembler + " failed: " + message + text);
  return parseSpills(text);
}

std::string quantc::dropOccupancy(StringRef ptx, const Spills &kernels) {
  constexpr StringLiteral directive = ".minnctapersm";
  std::string result;
  bool isDropped = false;
  while (!ptx.empty()) {
    auto [line, rest] = ptx.split('\n');
    ptx = rest;
    if (auto [head, name] = line.split(".entry "); !name.empty())
      isDropped = kernels.count(name.split('(').first.trim().str()) > 0;
    if (!isDropped || !line.trim().starts_with(directive))
      result += (line + "\n").str();
  }
  return result;
}
