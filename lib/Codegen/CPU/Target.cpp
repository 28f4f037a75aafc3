//===- Target.cpp - the machine that code is generated for ----------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/CPU/Target.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/TargetParser/Triple.h"
#include <mutex>

using llvm::StringRef;
using quantc::cpu::Target;

namespace {

void initializeTargets() {
  static std::once_flag once;
  std::call_once(once, [] {
    llvm::InitializeAllTargetInfos();
    llvm::InitializeAllTargets();
    llvm::InitializeAllTargetMCs();
    llvm::InitializeAllAsmPrinters();
    llvm::InitializeAllAsmParsers();
  });
}

std::string hostFeatures() {
  llvm::SubtargetFeatures features;
  // A map without order: sorted, so that the same host gives the same string.
  std::vector<std::pair<std::string, bool>> sorted;
  for (auto &feature : llvm::sys::getHostCPUFeatures())
    sorted.emplace_back(feature.first().str(), feature.second);
  llvm::sort(sorted);
  for (auto &[name, enabled] : sorted)
    features.AddFeature(name, enabled);
  return features.getString();
}

llvm::Error error(const llvm::Twine &message) {
  return llvm::createStringError(message.str());
}

bool knowsFeature(const llvm::MCSubtargetInfo &subtarget, StringRef name) {
  return llvm::any_of(
      subtarget.getAllProcessorFeatures(),
      [&](const llvm::SubtargetFeatureKV &known) { return name == known.Key; });
}

} // namespace

llvm::Expected<Target> Target::resolve(const TargetOptions &options) {
  initializeTargets();
  Target result;
  std::string host = llvm::sys::getDefaultTargetTriple();
  result.triple =
      llvm::Triple::normalize(options.triple.empty() ? host : options.triple);
  llvm::Triple triple(result.triple);
  bool isHost = llvm::Triple(llvm::Triple::normalize(host)) == triple;

  std::string message;
  result.target = llvm::TargetRegistry::lookupTarget(triple, message);
  if (!result.target)
    return error("expected a target triple that LLVM knows, but got '" +
                 options.triple + "'");
  if (!triple.isX86() && !triple.isAArch64())
    return error("expected an x86 or aarch64 target, but got '" +
                 result.triple + "'");
  if (!triple.isArch64Bit() || !triple.isOSBinFormatELF())
    return error("expected a 64-bit ELF target, but got '" + result.triple +
                 "'");

  // Without a processor of its own a check would silence itself, so the names
  // are checked against the baseline.
  std::unique_ptr<llvm::MCSubtargetInfo> baseline(
      result.target->createMCSubtargetInfo(triple, "", ""));
  bool useHost = isHost && (options.cpu.empty() || options.cpu == "host");
  if (!options.cpu.empty() && !useHost &&
      !baseline->isCPUStringValid(options.cpu))
    return error("expected a cpu of " + triple.getArchName() + ", but got '" +
                 options.cpu + "'");
  result.cpu = useHost ? llvm::sys::getHostCPUName().str()
               : options.cpu.empty() && triple.isX86() ? "x86-64"
                                                       : options.cpu;

  llvm::SmallVector<StringRef> given;
  StringRef(options.features).split(given, ',', -1, /*KeepEmpty=*/false);
  for (StringRef feature : given)
    if ((!feature.starts_with("+") && !feature.starts_with("-")) ||
        !knowsFeature(*baseline, feature.drop_front()))
      return error("expected '+' or '-' and a feature of " +
                   triple.getArchName() + ", but got '" + feature + "'");
  result.features = useHost ? hostFeatures() : std::string();
  if (!given.empty())
    result.features += (result.features.empty() ? "" : ",") + options.features;
  result.subtarget.reset(result.target->createMCSubtargetInfo(
      triple, result.cpu, result.features));
  return result;
}

bool Target::has(StringRef feature) const {
  return knowsFeature(*subtarget, feature) &&
         subtarget->checkFeatures(("+" + feature).str());
}

bool Target::isX86() const { return llvm::Triple(triple).isX86(); }

bool Target::isHost() const {
  return llvm::Triple(triple).getArch() ==
         llvm::Triple(llvm::sys::getDefaultTargetTriple()).getArch();
}

unsigned Target::getVectorBits() const {
  // Also where LLVM prefers 256 bits for scattered vector code: these loops
  // are nothing but vectors, and the contractions use the full width anyway.
  if (has("avx512bw") && has("avx512vl"))
    return 512;
  return has("avx2") ? 256 : 128;
}

std::unique_ptr<llvm::TargetMachine>
Target::createTargetMachine(unsigned optimizationLevel) const {
  llvm::TargetOptions options;
  // Fuses vector.fma, which becomes fmuladd, and nothing that was written as
  // two operations.
  options.AllowFPOpFusion = llvm::FPOpFusion::Standard;
  auto level = llvm::CodeGenOpt::getLevel(optimizationLevel)
                   .value_or(llvm::CodeGenOptLevel::Aggressive);
  return std::unique_ptr<llvm::TargetMachine>(target->createTargetMachine(
      llvm::Triple(triple), cpu, features, options, llvm::Reloc::PIC_,
      /*CM=*/std::nullopt, level));
}
