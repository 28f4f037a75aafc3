//===- EmitPlan.cpp - the host's part as a list of steps ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Codegen/NVVM/Host/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/LoopLikeInterface.h"
#include "mlir/Interfaces/ViewLikeInterface.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

namespace quantc::nvvm {
#define GEN_PASS_DEF_CODEGENNVVMEMITPLANPASS
#include "quantc/Codegen/NVVM/Host/Passes.h.inc"
} // namespace quantc::nvvm

using namespace mlir;

namespace {

int64_t getElementBytes(MemRefType type) {
  return llvm::divideCeil(type.getElementTypeBitWidth(), 8);
}

/// Writes the steps of one function.
class PlanWriter {
public:
  PlanWriter(func::FuncOp func, DictionaryAttr signature)
      : func(func), signature(signature) {}

  FailureOr<SmallVector<std::string>> write() {
    if (failed(nameArguments()) || failed(refuseControlFlow()))
      return failure();
    for (Operation &op : func.getBody().front())
      if (failed(writeStep(op)))
        return failure();
    SmallVector<std::string> lines;
    for (auto &[name, index] : kernels)
      lines.push_back("kernel " + name.str());
    lines.append(std::make_move_iterator(steps.begin()),
                 std::make_move_iterator(steps.end()));
    return lines;
  }

private:
  /// "p0", "i1", "o0", "a" for each argument: parameters and inputs as the
  /// signature says, then the outputs, then the arena.
  LogicalResult nameArguments() {
    names.resize(func.getNumArguments());
    size_t next = 0;
    for (auto [table, letter] : {std::pair("parameters", 'p'), {"inputs", 'i'}})
      for (auto [index, entry] :
           llvm::enumerate(signature.getAs<ArrayAttr>(table))) {
        auto argument =
            cast<DictionaryAttr>(entry).getAs<IntegerAttr>("argument");
        names[argument.getInt()] = letter + std::to_string(index);
        ++next;
      }
    size_t numOutputs = signature.getAs<ArrayAttr>("outputs").size();
    bool hasArena = func->hasAttr("qnn.workspace_bytes");
    if (names.size() != next + numOutputs + hasArena)
      return func.emitOpError()
             << "expected one argument for each parameter, input and output of "
                "'qnn.signature', but got "
             << names.size();
    for (size_t index = 0; index < numOutputs; ++index)
      names[next++] = 'o' + std::to_string(index);
    if (hasArena)
      names[next] = "a";
    return success();
  }

  /// Before anything else: what the host would read to decide is the effect,
  /// and this the cause.
  LogicalResult refuseControlFlow() {
    for (Operation &op : func.getBody().front()) {
      if (isa<LoopLikeOpInterface>(op))
        return op.emitOpError("expected loops with a small constant number of "
                              "iterations in code for a GPU");
      if (isa<RegionBranchOpInterface>(op))
        return op.emitOpError("expected no branches that depend on data in "
                              "code for a GPU");
    }
    return success();
  }

  LogicalResult writeStep(Operation &op) {
    if (auto launch = dyn_cast<gpu::LaunchFuncOp>(op))
      return writeLaunch(launch);
    if (auto copy = dyn_cast<memref::CopyOp>(op))
      return writeCopy(copy);
    // Views and what they are computed from have their place in the steps.
    if (isMemoryEffectFree(&op) || isa<func::ReturnOp>(op))
      return success();
    return op.emitOpError("expected launches and copies only in code for a "
                          "GPU, but got another operation of the host");
  }

  FailureOr<int64_t> getConstant(Operation *op, Value value, StringRef what) {
    APInt constant;
    if (!value)
      return 0;
    if (!matchPattern(value, m_ConstantInt(&constant)))
      return op->emitOpError() << "expected a constant " << what;
    return constant.getSExtValue();
  }

  LogicalResult writeLaunch(gpu::LaunchFuncOp launch) {
    gpu::KernelDim3 grid = launch.getGridSizeOperandValues(),
                    block = launch.getBlockSizeOperandValues();
    if (launch.hasClusterSize())
      return launch.emitOpError("expected a launch without clusters");
    unsigned kernel =
        kernels.insert({launch.getKernelName().getValue(), kernels.size()})
            .first->second;
    std::string line = "launch " + std::to_string(kernel);
    Value sharedBytes = launch.getDynamicSharedMemorySize();
    for (Value size :
         {grid.x, grid.y, grid.z, block.x, block.y, block.z, sharedBytes}) {
      FailureOr<int64_t> constant = getConstant(launch, size, "launch size");
      if (failed(constant))
        return failure();
      line += " " + std::to_string(*constant);
    }
    for (Value operand : launch.getKernelOperands()) {
      FailureOr<std::string> argument =
          isa<MemRefType>(operand.getType())
              ? writePointer(launch, operand, /*addOffset=*/false)
              : writeScalar(launch, operand);
      if (failed(argument))
        return failure();
      line += " " + *argument;
    }
    steps.push_back(std::move(line));
    return success();
  }

  LogicalResult writeCopy(memref::CopyOp copy) {
    for (Value buffer : {copy.getSource(), copy.getTarget()}) {
      auto type = dyn_cast<MemRefType>(buffer.getType());
      if (!type || !type.hasStaticShape() ||
          !type.areTrailingDimsContiguous(type.getRank()))
        return copy.emitOpError("expected buffers in one piece, but got ")
               << buffer.getType();
    }
    auto type = cast<MemRefType>(copy.getSource().getType());
    FailureOr<std::string> to = writePointer(copy, copy.getTarget(), true),
                           from = writePointer(copy, copy.getSource(), true);
    if (failed(to) || failed(from))
      return failure();
    int64_t bytes = type.getNumElements() * getElementBytes(type);
    if (bytes > 0)
      steps.push_back("copy " + *to + " " + *from + " " +
                      std::to_string(bytes));
    return success();
  }

  /// "a+256": where the buffer's pointer points to, or, with `addOffset`, its
  /// first element. A kernel adds the offset of a buffer's layout itself.
  FailureOr<std::string> writePointer(Operation *op, Value buffer,
                                      bool addOffset) {
    int64_t offset = 0;
    if (addOffset) {
      auto type = cast<MemRefType>(buffer.getType());
      auto [strides, elements] = type.getStridesAndOffset();
      if (ShapedType::isDynamic(elements))
        return op->emitOpError("expected a buffer at a constant offset");
      offset = elements * getElementBytes(type);
    }
    while (auto definition = buffer.getDefiningOp<ViewLikeOpInterface>()) {
      if (auto view = dyn_cast<memref::ViewOp>(*definition)) {
        FailureOr<int64_t> shift =
            getConstant(view, view.getByteShift(), "offset of a view");
        if (failed(shift))
          return failure();
        offset += *shift;
      }
      buffer = definition.getViewSource();
    }
    auto argument = dyn_cast<BlockArgument>(buffer);
    if (!argument || argument.getOwner() != &func.getBody().front())
      return op->emitOpError("expected buffers in the arguments of the "
                             "function, but got one of ")
             << (argument ? "a block" : "its own");
    return names[argument.getArgNumber()] + "+" + std::to_string(offset);
  }

  /// "s4:3f800000".
  FailureOr<std::string> writeScalar(gpu::LaunchFuncOp launch, Value value) {
    Attribute constant;
    if (!matchPattern(value, m_Constant(&constant)))
      return launch.emitOpError("expected constant scalars for kernels");
    APInt bits;
    if (auto integer = dyn_cast<IntegerAttr>(constant))
      bits = integer.getValue();
    else if (auto number = dyn_cast<FloatAttr>(constant))
      bits = number.getValue().bitcastToAPInt();
    else
      return launch.emitOpError("expected constant numbers for kernels");
    int64_t bytes = llvm::divideCeil(bits.getBitWidth(), 8);
    return "s" + std::to_string(bytes) + ":" +
           llvm::utohexstr(bits.getZExtValue(), /*LowerCase=*/true);
  }

  func::FuncOp func;
  DictionaryAttr signature;
  SmallVector<std::string> names;
  llvm::MapVector<StringRef, unsigned> kernels;
  std::vector<std::string> steps;
};

class CodegenNVVMEmitPlanPass
    : public quantc::nvvm::impl::CodegenNVVMEmitPlanPassBase<
          CodegenNVVMEmitPlanPass> {
public:
  using Base::Base;

  void runOnOperation() override {
    for (auto func : getOperation().getOps<func::FuncOp>()) {
      auto signature = func->getAttrOfType<DictionaryAttr>("qnn.signature");
      if (!signature || func.isExternal())
        continue;
      if (!llvm::hasSingleElement(func.getBody())) {
        func.emitOpError("expected code for a GPU without branches");
        return signalPassFailure();
      }
      FailureOr<SmallVector<std::string>> lines =
          PlanWriter(func, signature).write();
      if (failed(lines))
        return signalPassFailure();
      replaceBody(func, *lines);
    }
  }

private:
  void replaceBody(func::FuncOp func, ArrayRef<std::string> lines) {
    Builder builder(func.getContext());
    SmallVector<Attribute> plan;
    for (const std::string &line : lines)
      plan.push_back(builder.getStringAttr(line));
    func->setAttr("qnn.plan", builder.getArrayAttr(plan));
    func.eraseBody();
    func.setPrivate();
  }
};

} // namespace
