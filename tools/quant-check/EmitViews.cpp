//===- EmitViews.cpp - movement and pooling as MLIR -----------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Emitter.h"

#include <cmath>

namespace quantc::check {

//===----------------------------------------------------------------------===//
// Moving elements
//===----------------------------------------------------------------------===//

void Emitter::emitConcat(size_t index) {
  const Node &node = program.nodes[index];
  body << "  " << value(index) << " = tensor.concat dim(" << node.axis << ") "
       << operand(index, 0) << ", " << operand(index, 1) << " : ("
       << operandType(index, 0) << ", " << operandType(index, 1) << ") -> "
       << typeOf(node) << "\n";
}

void Emitter::emitReshape(size_t index) {
  const Node &node = program.nodes[index];
  bool collapses = node.groups.size() == node.shape.size();
  body << "  " << value(index)
       << (collapses ? " = tensor.collapse_shape " : " = tensor.expand_shape ")
       << operand(index) << " [";
  for (size_t i = 0; i < node.groups.size(); ++i)
    body << (i ? ", [" : "[") << joined(node.groups[i]) << "]";
  body << "]";
  if (!collapses)
    body << " output_shape [" << joined(node.shape) << "]";
  body << " : " << operandType(index) << " into " << typeOf(node) << "\n";
}

void Emitter::emitSlice(size_t index) {
  const Node &node = program.nodes[index];
  Shape offsets = node.first, steps = node.second;
  std::string sizes = joined(node.shape);
  if (node.kind == Kind::RunTimeSlice) {
    body << "  " << local("scalar", index) << " = tensor.extract "
         << local("n", index) << "[] : tensor<i64>\n  " << local("size", index)
         << " = arith.index_cast " << local("scalar", index)
         << " : i64 to index\n";
    offsets.assign(node.shape.size(), 0);
    steps.assign(node.shape.size(), 1);
    sizes.clear();
    for (size_t i = 0; i < node.shape.size(); ++i)
      sizes += (i ? ", " : "") + (int64_t(i) == node.axis
                                      ? local("size", index)
                                      : std::to_string(node.shape[i]));
  }
  body << "  " << value(index) << " = tensor.extract_slice " << operand(index)
       << "[" << joined(offsets) << "] [" << sizes << "] [" << joined(steps)
       << "] : " << operandType(index) << " to " << typeOf(node) << "\n";
}

void Emitter::emitPad(size_t index) {
  const Node &node = program.nodes[index];
  std::string zero = local("padding", index), args;
  for (size_t i = 0; i < node.shape.size(); ++i)
    args += (i ? ", %i" : "%i") + std::to_string(i) + ": index";
  body << "  " << zero << " = arith.constant 0.0 : f32\n  " << value(index)
       << " = tensor.pad " << operand(index) << " low[" << joined(node.first)
       << "] high[" << joined(node.second) << "] {\n  ^bb0(" << args
       << "):\n    tensor.yield " << zero
       << " : f32\n  } : " << operandType(index) << " to " << typeOf(node)
       << "\n";
}

void Emitter::emitRestore(size_t index) {
  const Node &node = program.nodes[index];
  const Node &source = program.nodes[node.operands[0]];
  std::string type = typeOf(node), sizes;
  for (size_t i = 0; i < node.shape.size(); ++i)
    sizes += (i ? ", " : "") + (int64_t(i) == source.dynamicDim
                                    ? dynamicSize(node.operands[0])
                                    : std::to_string(node.shape[i]));
  std::string zeros = local("zeros", index);
  body << "  " << zeros << " = arith.constant dense<0"
       << (node.storage ? "" : ".0") << "> : " << type << "\n  " << value(index)
       << " = tensor.insert_slice " << operand(index) << " into " << zeros
       << "[" << joined(Shape(node.shape.size(), 0)) << "] [" << sizes << "] ["
       << joined(Shape(node.shape.size(), 1)) << "] : " << typeOf(source)
       << " into " << type << "\n";
}

//===----------------------------------------------------------------------===//
// Pooling
//===----------------------------------------------------------------------===//

void Emitter::emitPool(size_t index) {
  const Node &node = program.nodes[index];
  bool isMax = node.kind == Kind::MaxPool;
  // As JAX's padding value of reduce_window.
  std::string init = filled(index, isMax ? -HUGE_VALF : 0.0f);
  std::string window = local("window", index), type = typeOf(node),
              windowType = tensorType(node.first, "f32"),
              result = isMax ? value(index) : local("sum", index);
  body << "  " << window << " = tensor.empty() : " << windowType << "\n  "
       << result << " = linalg.pooling_nhwc_" << (isMax ? "max" : "sum")
       << " {strides = " << denseIndices(node.second)
       << ", dilations = dense<1> : tensor<2xi64>} ins(" << operand(index)
       << ", " << window << " : " << operandType(index) << ", " << windowType
       << ") outs(" << init << " : " << type << ") -> " << type << "\n";
  if (!isMax)
    emitElementwise(index, {result}, {type}, {identityMap(node.shape.size())},
                    "    %c = arith.constant " +
                        literal(float(countOf(node.first))) +
                        " : f32\n    %r = arith.divf %a0, %c : f32\n");
}

} // namespace quantc::check
