//===- DeviceWriter.cpp - a bundle's part for GPUs ------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "DeviceWriter.h"

#include "Assembler.h"
#include "BundleFiles.h"
#include "quantc/Execution/DeviceCompiler.h"
#include "quantc/Runtime/Hash.h"
#include "quantc/Support/WriteFile.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace mlir;
using namespace quantc;

namespace {

class DeviceWriter {
public:
  DeviceWriter(ModuleOp module, StringRef folder, const BundleOptions &options,
               StringRef fingerprint)
      : module(module), folder(folder), options(options),
        fingerprint(fingerprint) {}

  llvm::Expected<DeviceDescription> write(const nvvm::Target &target) {
    FailureOr<DeviceCode> code = compileForDevice(module, target);
    if (failed(code))
      return llvm::createStringError("");
    // The plan knows parameters by their numbers, and constants have names that
    // depend on what was compiled before.
    for (auto [index, spec] : llvm::enumerate(code->entry.parameters))
      spec.name = "p" + std::to_string(index);
    DeviceDescription device;
    device.chip = target.getChipName().str();
    device.arenaBytes = code->entry.workspaceBytes;
    for (const ParameterSpec &spec : code->entry.parameters)
      device.parameterBytes += spec.getBytes();

    std::string plan = "quantc-plan 1\n";
    auto line = [&](const llvm::Twine &text) { plan += (text + "\n").str(); };
    line("chip " + llvm::Twine(target.getChip().capability));
    line("driver " + llvm::Twine(code->getDriverVersion()));
    line("arena " + llvm::Twine(device.arenaBytes));
    if (llvm::Error error = writeKernels(*code, device, line))
      return error;
    if (llvm::Error error = writeParameters(*code, device, line))
      return error;
    for (const TensorSpec &spec : code->entry.inputs)
      line("input " + llvm::Twine(spec.getBytes()));
    for (const TensorSpec &spec : code->entry.outputs)
      line("output " + llvm::Twine(spec.getBytes()));
    for (const std::string &step : code->plan)
      line(step);
    line("end " + toHex(runtime::fnv1a(plan)));
    if (llvm::Error error = writeFile(inFolder(device.chip + ".plan"), plan))
      return error;
    return device;
  }

private:
  using LineWriter = llvm::function_ref<void(const llvm::Twine &)>;

  static std::string toHex(uint64_t value) {
    return llvm::utohexstr(value, /*LowerCase=*/true);
  }
  std::string inFolder(const llvm::Twine &name) {
    return (folder + "/" + name).str();
  }

  /// "ptx sm_80.ptx 1234 1234 0123abcd".
  static std::string describe(StringRef key, StringRef name, StringRef bytes) {
    std::string size = std::to_string(bytes.size());
    return (key + " " + name + " " + size + " " + size + " " +
            toHex(runtime::fnv1a(bytes)))
        .str();
  }

  llvm::Error writeKernels(const DeviceCode &code, DeviceDescription &device,
                           LineWriter line) {
    std::string ptx = device.chip + ".ptx", cubin = device.chip + ".cubin";
    if (llvm::Error error = writeFile(inFolder(ptx), code.ptx))
      return error;
    std::optional<std::string> assembler = findAssembler();
    if (!assembler) {
      line(describe("ptx", ptx, code.ptx));
      if (options.requireCubin)
        return llvm::createStringError(
            "expected ptxas in QUANTC_CUDA_BIN, on the PATH, in CUDA_HOME or "
            "in the virtual environment to make machine code for " +
            device.chip + ", but there is none");
      if (!std::exchange(hasWarned, true))
        emitWarning(UnknownLoc::get(module.getContext()),
                    "no ptxas found: the bundle has PTX, which the driver "
                    "compiles when it is loaded");
      return llvm::Error::success();
    }
    llvm::Expected<std::string> text = assembleBest(
        *assembler, device.chip, code.ptx, inFolder(ptx), inFolder(cubin));
    if (!text)
      return text.takeError();
    line(describe("ptx", ptx, *text));
    auto bytes = llvm::MemoryBuffer::getFile(inFolder(cubin));
    if (!bytes)
      return llvm::createStringError(cubin + ": " + bytes.getError().message());
    device.hasCubin = true;
    line(describe("cubin", cubin, (*bytes)->getBuffer()));
    return llvm::Error::success();
  }

  /// Assembles the file `ptx` with the text `planned`. Where kernels spill,
  /// and fewer bytes without their planned occupancy, the file loses that.
  /// Returns its text.
  llvm::Expected<std::string> assembleBest(StringRef assembler, StringRef chip,
                                           const std::string &planned,
                                           const std::string &ptx,
                                           const std::string &cubin) {
    llvm::Expected<Spills> spills = assemble(assembler, chip, ptx, cubin);
    if (!spills)
      return spills.takeError();
    if (spills->empty())
      return planned;
    // The text that the files are of.
    std::string text;
    auto assembleWithout =
        [&](const Spills &kernels) -> llvm::Expected<Spills> {
      text = dropOccupancy(planned, kernels);
      if (llvm::Error error = writeFile(ptx, text))
        return std::move(error);
      return assemble(assembler, chip, ptx, cubin);
    };
    llvm::Expected<Spills> left = assembleWithout(*spills);
    if (!left)
      return left.takeError();
    Spills better;
    for (const auto &[kernel, bytes] : *spills)
      if (auto found = left->find(kernel);
          found == left->end() || found->second < bytes)
        better.insert({kernel, bytes});
    if (better.size() < spills->size()) {
      left = assembleWithout(better);
      if (!left)
        return left.takeError();
    }
    for (const auto &[kernel, bytes] : *left)
      emitWarning(UnknownLoc::get(module.getContext()),
                  "the kernel '" + kernel + "' keeps registers in memory on " +
                      chip + ": " + llvm::Twine(bytes) + " bytes of spills");
    return text;
  }

  llvm::Error writeParameters(const DeviceCode &code,
                              const DeviceDescription &device,
                              LineWriter line) {
    if (code.entry.parameters.empty())
      return llvm::Error::success();
    std::string name = device.chip + ".safetensors";
    auto layout =
        writeBundleParameters(inFolder(name), code.entry, fingerprint);
    if (!layout)
      return layout.takeError();
    // The header holds a hash of the data, so its hash identifies the file.
    auto [known, isNew] = parameterFiles.try_emplace(
        {layout->fileBytes, layout->headerHash}, name);
    if (!isNew)
      llvm::sys::fs::remove(inFolder(name));
    line("parameters " + known->second + " " + llvm::Twine(layout->fileBytes) +
         " " + llvm::Twine(layout->headerBytes) + " " +
         toHex(layout->headerHash));
    for (auto [spec, offset] :
         llvm::zip_equal(code.entry.parameters, layout->offsets))
      line("parameter " + llvm::Twine(offset) + " " +
           llvm::Twine(spec.getBytes()));
    return llvm::Error::success();
  }

  ModuleOp module;
  std::string folder;
  const BundleOptions &options;
  StringRef fingerprint;
  bool hasWarned = false;
  std::map<std::pair<uint64_t, uint64_t>, std::string> parameterFiles;
};

} // namespace

llvm::Expected<std::vector<DeviceDescription>>
quantc::writeDeviceFiles(ModuleOp module, StringRef folder,
                         const BundleOptions &options, StringRef fingerprint) {
  std::vector<DeviceDescription> devices;
  if (options.chips.empty())
    return devices;
  if (std::error_code code = llvm::sys::fs::create_directory(folder))
    return llvm::createStringError(folder + ": " + code.message());
  DeviceWriter writer(module, folder, options, fingerprint);
  for (const nvvm::Target &target : options.chips) {
    auto device = writer.write(target);
    if (!device)
      return device.takeError();
    devices.push_back(std::move(*device));
  }
  return devices;
}
