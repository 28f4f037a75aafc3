//===- Emit.cpp - programs as MLIR ----------------------------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emit.h"
#include "Emitter.h"
#include "Text.h"

#include <cmath>
#include <sstream>

namespace quantc::check {

std::string Emitter::dynamicSize(size_t index) {
  for (;;) {
    const Node &node = program.nodes[index];
    if (node.kind == Kind::RunTimeSlice)
      return local("size", index);
    for (size_t operand : node.operands)
      if (program.nodes[operand].dynamicDim >= 0)
        index = operand;
  }
}

std::string Emitter::empty(size_t index) {
  const Node &node = program.nodes[index];
  std::string size = node.dynamicDim >= 0 ? dynamicSize(index) : "";
  std::string buffer = "%empty" + std::to_string(numBuffers++);
  body << "  " << buffer << " = tensor.empty(" << size << ") : " << typeOf(node)
       << "\n";
  return buffer;
}

std::string Emitter::filled(size_t index, float fill) {
  std::string type = typeOf(program.nodes[index]), buffer = empty(index);
  body << "  " << local("fill", index) << " = arith.constant " << literal(fill)
       << " : f32\n  " << local("init", index) << " = linalg.fill ins("
       << local("fill", index) << " : f32) outs(" << buffer << " : " << type
       << ") -> " << type << "\n";
  return local("init", index);
}

//===----------------------------------------------------------------------===//
// Quantization
//===----------------------------------------------------------------------===//

void Emitter::emitParameters(size_t index) {
  const Quantization &q = program.quantizations[index];
  if (q.runTime)
    return;
  body << "  " << local("scale", index) << " = arith.constant "
       << denseBytes(packFloats(q.scales), scaleType(q)) << "\n";
  if (!q.zeroPoints.empty())
    body << "  " << local("zero", index) << " = arith.constant "
         << denseBytes(packIntegers(q.zeroPoints, q.storage), zeroPointType(q))
         << "\n";
}

void Emitter::emitParametrised(const char *op, size_t index) {
  const Node &node = program.nodes[index];
  const Quantization &q = program.quantizationOf(node);
  body << "  " << value(index) << " = " << op << " " << operand(index)
       << ", scale " << local("scale", node.quantization);
  if (!q.zeroPoints.empty())
    body << " zero_point " << local("zero", node.quantization);
  std::string attributes;
  if (!q.axes.empty())
    attributes += ", axes = array<i64: " + joined(q.axes) + ">";
  if (!q.blocks.empty())
    attributes += ", blocks = array<i64: " + joined(q.blocks) + ">";
  if (q.narrowRange && node.kind == Kind::Quantize)
    attributes += ", narrow_range";
  if (!attributes.empty())
    body << " {" << attributes.substr(2) << "}";
  body << " : " << operandType(index) << ", " << scaleType(q);
  if (!q.zeroPoints.empty())
    body << ", " << zeroPointType(q);
  body << " -> " << typeOf(node) << "\n";
}

void Emitter::emitRequantize(size_t index) {
  const Node &node = program.nodes[index];
  const Quantization &to = program.quantizationOf(node);
  const Rescaling &r = node.rescaling;
  Shape shape;
  std::string attributes;
  if (r.perAxis) {
    shape = {r.count()};
    attributes += ", axes = array<i64: " + std::to_string(node.axis) + ">";
  }
  if (r.doubleRound)
    attributes += ", double_round";
  if (to.narrowRange)
    attributes += ", narrow_range";
  std::string types = operandType(index), operands;
  auto add = [&](const char *keyword, const std::string &type,
                 const std::string &bytes) {
    std::string id = local(keyword, index);
    body << "  " << id << " = arith.constant " << denseBytes(bytes, type)
         << "\n";
    types += ", " + type;
    operands += std::string(" ") + keyword + " " + id;
  };
  std::string input = operand(index);
  if (r.zeroPoint) {
    Storage from = *program.nodes[node.operands[0]].storage;
    add("input_zero_point", tensorType({}, storageName(from)),
        packIntegers({*r.zeroPoint}, from));
  }
  std::string zeroPoints = operands;
  operands.clear();
  if (r.mode == Mode::Float)
    add("multiplier", tensorType(shape, "f32"), packFloats(r.factors));
  if (r.mode == Mode::FixedPoint)
    add("multiplier", tensorType(shape, r.isNarrow ? "i16" : "i32"),
        packWords(r.multipliers, r.isNarrow ? 2 : 4));
  if (r.mode != Mode::Float)
    add("shift", tensorType(shape, "i8"), packWords(r.shifts, 1));
  if (!to.zeroPoints.empty()) {
    types += ", " + zeroPointType(to);
    operands += " zero_point " + local("zero", node.quantization);
  }
  body << "  " << value(index) << " = qnn.requantize " << input << zeroPoints
       << "," << operands;
  if (!attributes.empty())
    body << " {" << attributes.substr(2) << "}";
  body << " : " << types << " -> " << typeOf(node) << "\n";
}

//===----------------------------------------------------------------------===//
// Sites
//===----------------------------------------------------------------------===//

/// The indexing map of an operand (0, 1) or of the result (2).
static std::string siteMap(const Site &site, int number) {
  const std::string loops = site.loops(), &letters = number == 0 ? site.lhs
                                                     : number == 1
                                                         ? site.rhs
                                                         : site.result;
  auto dim = [&](char letter) {
    return "d" + std::to_string(loops.find(letter));
  };
  std::string results;
  for (char letter : letters) {
    results += results.empty() ? "" : ", ";
    auto window = number == 0 ? site.windows.find(letter) : site.windows.end();
    if (window == site.windows.end()) {
      results += dim(letter);
      continue;
    }
    auto scaled = [&](char loop, int64_t factor) {
      return factor == 1 ? dim(loop)
                         : dim(loop) + " * " + std::to_string(factor);
    };
    const Site::Window &w = window->second;
    results += scaled(w.out, w.stride) + " + " + scaled(letter, w.dilation);
  }
  return affineMap(loops.size(), results);
}

void Emitter::emitSite(size_t index) {
  const Node &node = program.nodes[index];
  const Site &site = node.site;
  std::string init = filled(index, 0.0f), type = typeOf(node);
  std::string siteName = "\"" + name + "." + std::to_string(index) + "\"";
  std::string operands = " ins(" + operand(index, 0) + ", " +
                         operand(index, 1) + " : " + operandType(index, 0) +
                         ", " + operandType(index, 1) + ") outs(" + init +
                         " : " + type + ")";
  std::string maps = "indexing_maps = [" + siteMap(site, 0) + ", " +
                     siteMap(site, 1) + ", " + siteMap(site, 2) + "]";
  body << "  " << value(index) << " = ";
  if (!site.op.empty()) {
    body << site.op << " " << (site.hasMaps ? maps + " " : "")
         << "{qnn.site = " << siteName;
    if (!site.windows.empty()) {
      // In the order of the spatial dimensions of the kernel.
      std::vector<int64_t> strides, dilations;
      for (char letter : site.rhs)
        if (auto window = site.windows.find(letter);
            window != site.windows.end()) {
          strides.push_back(window->second.stride);
          dilations.push_back(window->second.dilation);
        }
      if (!site.isBareConvolution())
        body << ", strides = " << denseIndices(strides)
             << ", dilations = " << denseIndices(dilations);
    }
    body << "}" << operands << " -> " << type << "\n";
    return;
  }
  std::string iterators;
  for (char letter : site.loops())
    iterators += std::string(iterators.empty() ? "" : ", ") +
                 (site.isReduction(letter) ? "\"reduction\"" : "\"parallel\"");
  body << "linalg.generic {" << maps << ", iterator_types = [" << iterators
       << "]}" << operands << " attrs = {qnn.site = " << siteName
       << "} {\n  ^bb0(%p: f32, %r: f32, %acc: f32):\n"
       << "    %m = arith.mulf %p, %r : f32\n"
       << "    %s = arith.addf %acc, %m : f32\n"
       << "    linalg.yield %s : f32\n  } -> " << type << "\n";
}

//===----------------------------------------------------------------------===//
// Elementwise operations
//===----------------------------------------------------------------------===//

void Emitter::emitElementwise(size_t index,
                              const std::vector<std::string> &operands,
                              const std::vector<std::string> &types,
                              const std::vector<std::string> &maps,
                              const std::string &lines) {
  const Node &node = program.nodes[index];
  std::string buffer = empty(index), names, typeList, mapList, iterators, args;
  for (size_t i = 0; i < operands.size(); ++i) {
    names += (i ? ", " : "") + operands[i];
    typeList += (i ? ", " : "") + types[i];
    mapList += maps[i] + ", ";
    args += "%a" + std::to_string(i) + ": f32, ";
  }
  for (size_t i = 0; i < node.shape.size(); ++i)
    iterators += i ? ", \"parallel\"" : "\"parallel\"";
  body << "  " << value(index) << " = linalg.generic {indexing_maps = ["
       << mapList << identityMap(node.shape.size()) << "], iterator_types = ["
       << iterators << "]} ins(" << names << " : " << typeList << ") outs("
       << buffer << " : " << typeOf(node) << ") {\n  ^bb0(" << args
       << "%out: f32):\n"
       << lines << "    linalg.yield %r : f32\n  } -> " << typeOf(node) << "\n";
}

void Emitter::emitOnOne(size_t index, const std::string &lines) {
  emitElementwise(index, {operand(index)}, {operandType(index)},
                  {identityMap(program.nodes[index].shape.size())}, lines);
}

//===----------------------------------------------------------------------===//
// Functions
//===----------------------------------------------------------------------===//

void Emitter::emit(size_t index) {
  const Node &node = program.nodes[index];
  std::string identity = identityMap(node.shape.size());
  auto constant = [](const char *id, float value) {
    return "    " + std::string(id) + " = arith.constant " + literal(value) +
           " : f32\n";
  };
  switch (node.kind) {
  case Kind::Input:
    break;
  case Kind::Constant:
    body << "  " << value(index) << " = arith.constant "
         << denseBytes(packIntegers(node.integers, *node.storage), typeOf(node))
         << "\n";
    break;
  case Kind::Quantize:
    return emitParametrised("qnn.quantize", index);
  case Kind::Dequantize:
    return emitParametrised("qnn.dequantize", index);
  case Kind::Site:
    return emitSite(index);
  case Kind::Bias: {
    std::string type = tensorType({int64_t(node.floats.size())}, "f32");
    body << "  " << local("bias", index) << " = arith.constant "
         << denseBytes(packFloats(node.floats), type) << "\n";
    return emitElementwise(
        index, {operand(index), local("bias", index)},
        {operandType(index), type},
        {identity,
         affineMap(node.shape.size(), "d" + std::to_string(node.axis))},
        "    %r = arith.addf %a0, %a1 : f32\n");
  }
  case Kind::Relu:
    body << "  " << local("relu", index)
         << " = arith.constant dense<0.0> : tensor<f32>\n";
    return emitElementwise(index, {operand(index), local("relu", index)},
                           {operandType(index), "tensor<f32>"},
                           {identity, affineMap(node.shape.size(), "")},
                           "    %r = arith.maximumf %a0, %a1 : f32\n");
  case Kind::Clamp:
    return emitOnOne(index, constant("%lo", node.floats[0]) +
                                constant("%hi", node.floats[1]) +
                                "    %m = arith.maximumf %a0, %lo : f32\n"
                                "    %r = arith.minimumf %m, %hi : f32\n");
  case Kind::Affine:
    return emitOnOne(index, constant("%c", node.floats[0]) +
                                constant("%d", node.floats[1]) +
                                "    %m = arith.mulf %a0, %c : f32\n"
                                "    %r = arith.addf %m, %d : f32\n");
  case Kind::Gelu:
    return emitOnOne(index, constant("%c", std::sqrt(0.5f)) +
                                constant("%h", 0.5f) + constant("%o", 1.0f) +
                                "    %s = arith.mulf %a0, %c : f32\n"
                                "    %e = math.erf %s : f32\n"
                                "    %t = arith.addf %e, %o : f32\n"
                                "    %m = arith.mulf %a0, %h : f32\n"
                                "    %r = arith.mulf %m, %t : f32\n");
  case Kind::Silu:
    return emitOnOne(index, constant("%o", 1.0f) +
                                "    %n = arith.negf %a0 : f32\n"
                                "    %e = math.exp %n : f32\n"
                                "    %d = arith.addf %e, %o : f32\n"
                                "    %r = arith.divf %a0, %d : f32\n");
  case Kind::Requantize:
    return emitRequantize(index);
  case Kind::Add:
    return emitElementwise(index, {operand(index, 0), operand(index, 1)},
                           {operandType(index, 0), operandType(index, 1)},
                           {identity, identity},
                           "    %r = arith.addf %a0, %a1 : f32\n");
  case Kind::Concat:
    return emitConcat(index);
  case Kind::Reshape:
    return emitReshape(index);
  case Kind::Transpose: {
    std::string buffer = empty(index);
    body << "  " << value(index) << " = linalg.transpose ins(" << operand(index)
         << " : " << operandType(index) << ") outs(" << buffer << " : "
         << typeOf(node) << ") permutation = [" << joined(node.first) << "]\n";
    return;
  }
  case Kind::Slice:
  case Kind::RunTimeSlice:
    return emitSlice(index);
  case Kind::Pad:
    return emitPad(index);
  case Kind::MaxPool:
  case Kind::AveragePool:
    return emitPool(index);
  case Kind::Restore:
    return emitRestore(index);
  }
}

std::string Emitter::run() {
  std::string arguments;
  for (const Argument &argument : argumentsOf(program))
    arguments +=
        (arguments.empty() ? "" : ", ") + argument.name + ": " + argument.type;
  std::string names, types;
  for (size_t result : program.results()) {
    names += (names.empty() ? "" : ", ") + value(result);
    types += (types.empty() ? "" : ", ") + typeOf(program.nodes[result]);
  }
  body << "func.func @" << name << "(" << arguments << ") -> (" << types
       << ") {\n";
  for (size_t i = 0; i < program.quantizations.size(); ++i)
    emitParameters(i);
  for (size_t i = 0; i < program.nodes.size(); ++i)
    emit(i);
  body << "  return " << names << " : " << types << "\n}\n";
  return body.str();
}

std::string emitFunction(const Program &program, const std::string &name) {
  return Emitter(program, name).run();
}

} // namespace quantc::check
