//===- Control.cpp - branches, calls, exit --------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace quantc::emulator;
using ptx::Operand;

namespace {

const std::string &labelOf(InstDecoder &d, size_t index) {
  if (d.operand(index).kind != Operand::Kind::Symbol)
    d.fail("expected a label");
  return d.operand(index).name;
}

void branch(InstDecoder &d) {
  d.accept("uni");
  d.operands(1);
  d.inst.flow = Flow::Branch;
  d.inst.immediate =
      d.function().labelIndex(labelOf(d, 0), d.source.scope, d.source.line);
}

/// brx.idx index, list
void indirectBranch(InstDecoder &d) {
  d.require("idx");
  d.accept("uni");
  d.operands(2);
  d.inst.flow = Flow::IndirectBranch;
  d.inst.op[0] = d.from(0, Type::U32);
  const auto *labels =
      d.function().branchTargets(labelOf(d, 1), d.source.scope);
  if (!labels)
    d.fail("expected a list of branch targets");
  auto &targets = d.payload<BranchTargets>();
  for (const std::string &label : *labels)
    targets.targets.push_back(
        d.function().labelIndex(label, d.source.scope, d.source.line));
}

/// Copies between the variables named in the call and those of the callee.
std::vector<CallTarget::Copy>
copies(InstDecoder &d, const Operand *list,
       const std::vector<ptx::Variable> &variables,
       const std::vector<uint32_t> &offsets) {
  std::vector<CallTarget::Copy> result;
  size_t count = list ? list->elements.size() : 0;
  if (count != variables.size())
    d.fail("expected " + std::to_string(variables.size()) +
           " parameters, but got " + std::to_string(count));
  for (size_t i = 0; i < count; ++i) {
    const Operand &operand = list->elements[i];
    if (operand.kind != Operand::Kind::Symbol)
      d.fail("expected .param variables");
    uint32_t caller =
        d.function().localOffset(operand.name, d.source.scope, d.source.line);
    result.push_back(
        {caller, offsets[i], static_cast<uint32_t>(variables[i].bytes())});
  }
  return result;
}

/// call [(results),] function [, (arguments)]: variables of the callee lie at
/// the start of its frame, results first (FunctionDecoder).
void call(InstDecoder &d) {
  d.accept("uni");
  d.operands(1, 4);
  size_t index = 0;
  const Operand *results = nullptr, *arguments = nullptr;
  if (d.operand(0).kind == Operand::Kind::List)
    results = &d.operand(index++);
  if (!d.hasOperand(index) || d.operand(index).kind != Operand::Kind::Symbol)
    d.fail(
        "expected the name of a function (indirect calls are not supported)");
  const std::string &name = d.operand(index++).name;
  if (d.hasOperand(index))
    arguments = &d.operand(index);
  const ptx::Function *source = nullptr;
  const Function *callee =
      d.function().program.callee(name, d.source.line, source);
  std::vector<ptx::Variable> all = source->returns;
  all.insert(all.end(), source->parameters.begin(), source->parameters.end());
  std::vector<uint32_t> offsets;
  layOut(all, offsets);
  std::vector<uint32_t> resultOffsets(offsets.begin(),
                                      offsets.begin() + source->returns.size());
  std::vector<uint32_t> argumentOffsets(
      offsets.begin() + source->returns.size(), offsets.end());
  auto &target = d.payload<CallTarget>();
  target.function = callee;
  target.results = copies(d, results, source->returns, resultOffsets);
  target.arguments = copies(d, arguments, source->parameters, argumentOffsets);
  d.inst.flow = Flow::Call;
}

void leave(InstDecoder &d) {
  d.accept("uni");
  d.operands(0);
  d.inst.flow = d.source.opcode == "ret" ? Flow::Return : Flow::Exit;
}

void trap(InstDecoder &d) {
  d.operands(0);
  d.run([](Exec &x, const Inst &) -> Outcome {
    x.fault(Check::Trap, __builtin_ctz(x.mask), "trap");
  });
}

Outcome nothing(Exec &, const Inst &) { return Outcome::Next; }

/// setmaxnreg moves registers between warps; the emulator has enough of them.
void decodeRegisterCount(InstDecoder &d) {
  if (d.acceptOneOf({"inc", "dec"}) < 0)
    d.fail("expected .inc or .dec");
  d.require("sync");
  d.require("aligned");
  d.require("u32");
  d.operands(1);
  int64_t count = d.constant(d.operand(0));
  if (count < 24 || count > 256 || count % 8)
    d.fail("expected a multiple of 8 from 24 to 256 registers, but got " +
           std::to_string(count));
  d.run(nothing, Flow::Collective, Gather::Full);
}

void ignore(InstDecoder &d) {
  while (!d.next().empty())
    ;
  d.run(nothing);
}

} // namespace

const OpcodeTable quantc::emulator::controlOpcodes = {
    {"bra", branch},
    {"brx", indirectBranch},
    {"call", call},
    {"ret", leave},
    {"exit", leave},
    {"trap", trap},
    {"brkpt", ignore},
    {"nanosleep", ignore},
    {"pmevent", ignore},
    {"griddepcontrol", ignore},
    {"setmaxnreg", decodeRegisterCount},
};
