//===- EmitModule.cpp - programs with their data as modules ---------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emit.h"
#include "Text.h"

#include <cstring>
#include <sstream>

namespace quantc::check {

std::vector<Argument> argumentsOf(const Program &program) {
  std::vector<Argument> arguments;
  for (size_t i = 0; i < program.nodes.size(); ++i) {
    const Node &node = program.nodes[i];
    std::string number = std::to_string(i);
    if (node.kind == Kind::Input)
      arguments.push_back({"%v" + number, typeOf(node),
                           node.storage
                               ? packIntegers(node.integers, *node.storage)
                               : packFloats(node.floats)});
    if (node.kind == Kind::RunTimeSlice) {
      int64_t size = node.shape[node.axis];
      std::string bytes(sizeof(size), '\0');
      std::memcpy(bytes.data(), &size, sizeof(size));
      arguments.push_back({"%n" + number, "tensor<i64>", bytes});
    }
  }
  for (size_t i = 0; i < program.quantizations.size(); ++i) {
    const Quantization &q = program.quantizations[i];
    if (!q.runTime)
      continue;
    arguments.push_back(
        {"%scale" + std::to_string(i), scaleType(q), packFloats(q.scales)});
    if (!q.zeroPoints.empty())
      arguments.push_back({"%zero" + std::to_string(i), zeroPointType(q),
                           packIntegers(q.zeroPoints, q.storage)});
  }
  return arguments;
}

std::string bytesOf(const Tensor &tensor, std::optional<Storage> storage) {
  return storage ? packIntegers(tensor.integers, *storage)
                 : packFloats(tensor.floats);
}

/// A function that returns constants.
static void emitConstants(std::ostream &os, const std::string &name,
                          const std::vector<Argument> &constants) {
  std::string names, types;
  for (const Argument &constant : constants) {
    names += (names.empty() ? "" : ", ") + constant.name;
    types += (types.empty() ? "" : ", ") + constant.type;
  }
  os << "\nfunc.func @" << name << "() -> (" << types << ") {\n";
  for (const Argument &constant : constants)
    os << "  " << constant.name << " = arith.constant "
       << denseBytes(constant.bytes, constant.type) << "\n";
  os << "  return" << (names.empty() ? "" : " " + names + " : " + types)
     << "\n}\n";
}

/// What quant-check reads from a file to know how to requantize.
static std::string modeComment(Mode mode) {
  return mode == Mode::Float
             ? ""
             : std::string("// requantize=") + modeName(mode) + "\n";
}

std::string emitSelfContained(const Program &program) {
  // The least and the greatest values.
  auto expected = [&](Form form) {
    Evaluator evaluator(program, form);
    std::array<std::vector<Argument>, 2> bounds;
    for (size_t index : program.results()) {
      const Node &node = program.nodes[index];
      const Tensor &value = evaluator.evaluate(index);
      std::string name = "%y" + std::to_string(bounds[0].size());
      bounds[0].push_back({name, typeOf(node), bytesOf(value, node.storage)});
      bounds[1].push_back(
          {name, typeOf(node), bytesOf(value.upper(), node.storage)});
    }
    return bounds;
  };
  auto differ = [](const std::vector<Argument> &a,
                   const std::vector<Argument> &b) {
    return !std::equal(a.begin(), a.end(), b.begin(),
                       [](const Argument &x, const Argument &y) {
                         return x.bytes == y.bytes;
                       });
  };
  std::ostringstream os;
  os << "// " << program.describe()
     << "\n// @checked on @inputs has to give @expected.\n"
     << modeComment(program.mode) << "\n"
     << emitFunction(program, "checked");
  emitConstants(os, "inputs", argumentsOf(program));
  auto fused = expected(Form::Fused), unfused = expected(Form::Unfused);
  emitConstants(os, "expected", fused[0]);
  if (differ(fused[0], fused[1]))
    emitConstants(os, "expected_upper", fused[1]);
  if (differ(fused[0], unfused[0])) {
    emitConstants(os, "expected_unfused", unfused[0]);
    if (differ(unfused[0], unfused[1]))
      emitConstants(os, "expected_unfused_upper", unfused[1]);
  }
  return os.str();
}

} // namespace quantc::check
