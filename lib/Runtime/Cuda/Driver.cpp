//===- Driver.cpp - the CUDA driver, loaded at run time -------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Driver.h"

#include <cstdlib>
#include <dlfcn.h>
#include <unistd.h>
#include <vector>

using quantc::runtime::Driver;

namespace {

constexpr const char *emulatorName = "libquantc_emulator.so";

/// The file that this code is part of; empty where the system does not say.
std::string getOwnFile() {
  Dl_info self;
  if (!dladdr(reinterpret_cast<void *>(&getOwnFile), &self) || !self.dli_fname)
    return "";
  // Of a program it is the name by which it was called, be it without a folder.
  std::string name = self.dli_fname;
  if (name.find('/') != std::string::npos)
    return name;
  char path[4096];
  ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  return length > 0 ? std::string(path, length) : "";
}

/// Where the emulator may be, the likeliest place first. A name without a
/// folder is looked for by the system.
std::vector<std::string> listEmulators() {
  if (const char *given = std::getenv("QUANTC_EMULATOR_LIBRARY"))
    return {given};
  std::vector<std::string> paths;
  std::string file = getOwnFile();
  if (size_t slash = file.rfind('/'); slash != std::string::npos) {
    std::string folder = file.substr(0, slash);
    paths.push_back(folder + "/" + emulatorName);
    paths.push_back(folder + "/../lib/" + emulatorName);
  }
  paths.push_back(emulatorName);
  return paths;
}

} // namespace

Driver::~Driver() {
  if (library)
    dlclose(library);
}

std::string Driver::open(bool emulator) {
  std::vector<std::string> paths =
      emulator ? listEmulators() : std::vector<std::string>{"libcuda.so.1"};
  for (const std::string &path : paths)
    if ((library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL)))
      return dlsym(library, emulator ? "quantcEmulatorReport" : "cuInit")
                 ? ""
                 : "expected " +
                       std::string(emulator ? "the emulator"
                                            : "an NVIDIA driver") +
                       ", but " + path + " is another library";
  if (emulator)
    return "expected the emulator " + paths.front() +
           ", but it cannot be loaded; QUANTC_EMULATOR_LIBRARY names another";
  return "expected an NVIDIA driver, but libcuda.so.1 cannot be loaded";
}

std::string Driver::load(bool emulator) {
  std::string message = open(emulator);
  if (!message.empty())
    return message;
#define QUANTC_LOOKUP(name)                                                    \
  name = reinterpret_cast<decltype(name)>(dlsym(library, #name));              \
  if (!name)                                                                   \
    return "expected a driver with " #name ", but got an older one";
  QUANTC_DRIVER_FUNCTIONS(QUANTC_LOOKUP)
#undef QUANTC_LOOKUP
  if (emulator) {
    report = reinterpret_cast<decltype(report)>(
        dlsym(library, "quantcEmulatorReport"));
    // Findings come with the error instead.
    auto *configure = reinterpret_cast<const char *(*)(const char *)>(
        dlsym(library, "quantcEmulatorConfigure"));
    if (configure)
      configure("print=off");
  }
  CUresult initialised = cuInit(0);
  // That is what is wrong with the options, in one line.
  if (std::string findings = getFindings();
      initialised != CUDA_SUCCESS && !findings.empty())
    return findings;
  return check(initialised, "cannot initialise the driver");
}

std::string Driver::check(CUresult result, const std::string &what) const {
  if (result == CUDA_SUCCESS)
    return "";
  const char *name = nullptr, *text = nullptr;
  cuGetErrorName(result, &name);
  cuGetErrorString(result, &text);
  std::string message =
      what + ": " + (name ? name : "error " + std::to_string(result));
  if (text)
    message += std::string(" (") + text + ")";
  if (std::string findings = getFindings(); !findings.empty())
    message += "\n" + findings;
  return message;
}

std::string Driver::getFindings() const {
  std::string findings = report ? report() : "";
  while (!findings.empty() && findings.back() == '\n')
    findings.pop_back();
  return findings;
}
