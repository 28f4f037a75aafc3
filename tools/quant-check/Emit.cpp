//===- Emit.cpp - cases as MLIR ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Case.h"
#include "Reference.h"

#include <cstdio>
#include <cstring>
#include <sstream>

namespace quantc::check {

namespace {

std::string tensor(const Shape &shape, const std::string &element) {
  std::string text = "tensor<";
  for (int64_t size : shape)
    text += std::to_string(size) + "x";
  return text + element + ">";
}

/// dense<...> of raw bytes; the hex form keeps every bit.
template <typename T>
std::string dense(const std::vector<T> &values, const std::string &type) {
  if (values.empty())
    return "dense<> : " + type;
  std::string text = "dense<\"0x";
  char digits[3];
  const auto *bytes = reinterpret_cast<const unsigned char *>(values.data());
  for (size_t i = 0; i < values.size() * sizeof(T); ++i) {
    std::snprintf(digits, sizeof(digits), "%02X", bytes[i]);
    text += digits;
  }
  return text + "\"> : " + type;
}

std::string list(const std::vector<int64_t> &values,
                 const std::string &prefix = "") {
  std::string text;
  for (size_t i = 0; i < values.size(); ++i)
    text += (i ? ", " : "") + prefix + std::to_string(values[i]);
  return text;
}

const char *elementType(const Operand &operand) {
  return operand.floats.empty() ? "i8" : "f32";
}

/// Builds the body of one function.
class Emitter {
public:
  Emitter(const Case &c, const std::string &name) : c(c), name(name) {}

  std::string run() {
    std::string arguments;
    for (auto [operand, argument] :
         {std::pair(&c.lhs, "%a"), std::pair(&c.rhs, "%b")})
      if (!operand->constant)
        arguments += (arguments.empty() ? "" : ", ") + std::string(argument) +
                     ": " + tensor(operand->shape, elementType(*operand));
    Shape shape = c.resultShape();
    std::string resultType = tensor(shape, c.epilogue.outScale ? "i8" : "f32");
    body << "func.func @" << name << "(" << arguments << ") -> " << resultType
         << " {\n";
    std::string x = dequantize(c.lhs, "%a", "x"),
                w = dequantize(c.rhs, "%b", "w");
    std::string y = c.contraction ? contraction(x, w) : convolution(x, w);
    y = epilogue(y, shape);
    body << "  return " << y << " : " << resultType << "\n}\n";
    return body.str();
  }

private:
  std::string constant(const std::string &id, const std::string &attribute) {
    body << "  %" << id << " = arith.constant " << attribute << "\n";
    return "%" + id;
  }

  std::string parameterClause(const Operand &operand, const std::string &id) {
    std::string clause = ", scale %" + id + "_s";
    if (!operand.zeroPoints.empty())
      clause += " zero_point %" + id + "_z";
    if (operand.axis >= 0)
      clause += " {axes = array<i64: " + std::to_string(operand.axis) + ">}";
    return clause + " : ";
  }

  /// Quantized values to float, after quantizing them where they come as float.
  std::string dequantize(const Operand &operand, const std::string &argument,
                         const std::string &id) {
    std::string type = tensor(operand.shape, "i8");
    std::string input = operand.constant
                            ? constant(id + "_q", dense(operand.values, type))
                            : argument;
    Shape parameters;
    if (operand.axis >= 0)
      parameters.push_back(operand.shape[operand.axis]);
    std::string scaleType = tensor(parameters, "f32"),
                zeroType = tensor(parameters, "i8");
    constant(id + "_s", dense(operand.scales, scaleType));
    std::string types = ", " + scaleType;
    if (!operand.zeroPoints.empty()) {
      constant(id + "_z", dense(operand.zeroPoints, zeroType));
      types += ", " + zeroType;
    }
    std::string floatType = tensor(operand.shape, "f32"),
                clause = parameterClause(operand, id);
    if (!operand.floats.empty()) {
      body << "  %" << id << "_q = qnn.quantize " << input << clause
           << floatType << types << " -> " << type << "\n";
      input = "%" + id + "_q";
    }
    body << "  %" << id << " = qnn.dequantize " << input << clause << type
         << types << " -> " << floatType << "\n";
    return "%" + id;
  }

  std::string zeros(const std::string &type) {
    body << "  %zero = arith.constant 0.0 : f32\n  %empty = tensor.empty() : "
         << type
         << "\n  %init = linalg.fill ins(%zero : f32) outs(%empty : " << type
         << ") -> " << type << "\n";
    return "%init";
  }

  std::string map(const std::vector<int64_t> &loops) {
    std::string dims;
    for (size_t i = 0; i < c.contraction->sizes.size(); ++i)
      dims += (i ? ", d" : "d") + std::to_string(i);
    return "affine_map<(" + dims + ") -> (" + list(loops, "d") + ")>";
  }

  std::string contraction(const std::string &x, const std::string &w) {
    const Contraction &op = *c.contraction;
    std::string xType = tensor(c.lhs.shape, "f32"),
                wType = tensor(c.rhs.shape, "f32");
    std::string yType = tensor(c.resultShape(), "f32"), init = zeros(yType);
    std::string operands = " ins(" + x + ", " + w + " : " + xType + ", " +
                           wType + ") outs(" + init + " : " + yType + ")";
    if (!op.namedOp.empty()) {
      body << "  %y = " << op.namedOp << " {qnn.site = \"" << name << "\"}"
           << operands << " -> " << yType << "\n";
      return "%y";
    }
    std::string iterators;
    for (size_t i = 0; i < op.sizes.size(); ++i) {
      bool parallel = false;
      for (int64_t loop : op.resultLoops)
        parallel |= loop == int64_t(i);
      iterators += std::string(i ? ", " : "") +
                   (parallel ? "\"parallel\"" : "\"reduction\"");
    }
    body << "  %y = linalg.generic {indexing_maps = [" << map(op.lhsLoops)
         << ", " << map(op.rhsLoops) << ", " << map(op.resultLoops)
         << "], iterator_types = [" << iterators << "]}" << operands
         << " attrs = {qnn.site = \"" << name << "\"} {\n"
         << "  ^bb0(%p: f32, %r: f32, %acc: f32):\n    %m = arith.mulf %p, %r "
            ": f32\n"
         << "    %s = arith.addf %acc, %m : f32\n    linalg.yield %s : f32\n  "
            "} -> "
         << yType << "\n";
    return "%y";
  }

  std::string convolution(std::string x, const std::string &w) {
    const Convolution &op = *c.convolution;
    Shape padded = {op.batch, op.height + op.padTop + op.padBottom,
                    op.width + op.padLeft + op.padRight, op.inChannels};
    std::string xType = tensor(padded, "f32"),
                wType = tensor(c.rhs.shape, "f32");
    std::string yType = tensor(c.resultShape(), "f32"), init = zeros(yType);
    if (padded != c.lhs.shape) {
      body << "  %padded = tensor.pad " << x << " low[0, " << op.padTop << ", "
           << op.padLeft << ", 0] high[0, " << op.padBottom << ", "
           << op.padRight << ", 0] {\n"
           << "  ^bb0(%i: index, %j: index, %k: index, %l: index):\n"
           << "    tensor.yield %zero : f32\n  } : "
           << tensor(c.lhs.shape, "f32") << " to " << xType << "\n";
      x = "%padded";
    }
    body << "  %y = "
         << (op.depthwise ? "linalg.depthwise_conv_2d_nhwc_hwc"
                          : "linalg.conv_2d_nhwc_hwcf")
         << " {qnn.site = \"" << name << "\", strides = dense<["
         << op.strideHeight << ", " << op.strideWidth
         << "]> : tensor<2xi64>, dilations = dense<[" << op.dilationHeight
         << ", " << op.dilationWidth << "]> : tensor<2xi64>} ins(" << x << ", "
         << w << " : " << xType << ", " << wType << ") outs(" << init << " : "
         << yType << ") -> " << yType << "\n";
    return "%y";
  }

  /// An elementwise linalg.generic with one line of body.
  std::string elementwise(const std::string &id, const std::string &y,
                          const Shape &shape, const std::string &other,
                          const std::string &otherType, bool broadcast,
                          const std::string &line) {
    std::string dims, type = tensor(shape, "f32"), iterators;
    for (size_t i = 0; i < shape.size(); ++i) {
      dims += (i ? ", d" : "d") + std::to_string(i);
      iterators += i ? ", \"parallel\"" : "\"parallel\"";
    }
    std::string identity = "affine_map<(" + dims + ") -> (" + dims + ")>";
    std::string projection =
        "affine_map<(" + dims + ") -> (" +
        (broadcast ? "d" + std::to_string(shape.size() - 1) : "") + ")>";
    body << "  %" << id << "_empty = tensor.empty() : " << type << "\n  %" << id
         << " = linalg.generic {indexing_maps = [" << identity << ", "
         << projection << ", " << identity << "], iterator_types = ["
         << iterators << "]} ins(" << y << ", " << other << " : " << type
         << ", " << otherType << ") outs(%" << id << "_empty : " << type
         << ") {\n  ^bb0(%e: f32, %o: f32, %unused: f32):\n    %r = " << line
         << "\n    linalg.yield %r : f32\n  } -> " << type << "\n";
    return "%" + id;
  }

  std::string epilogue(std::string y, const Shape &shape) {
    const Epilogue &tail = c.epilogue;
    if (!tail.bias.empty()) {
      std::string type = tensor({shape.back()}, "f32");
      std::string bias = constant("bias", dense(tail.bias, type));
      y = elementwise("biased", y, shape, bias, type, true,
                      "arith.addf %e, %o : f32");
    }
    if (tail.relu) {
      std::string zero = constant("relu_zero", "dense<0.0> : tensor<f32>");
      y = elementwise("relu", y, shape, zero, "tensor<f32>", false,
                      "arith.maximumf %e, %o : f32");
    }
    if (tail.outScale) {
      std::string scale = constant(
          "out_s", dense(std::vector<float>{*tail.outScale}, "tensor<f32>"));
      std::string zero = constant(
          "out_z", dense(std::vector<int8_t>{tail.outZeroPoint}, "tensor<i8>"));
      body << "  %q = qnn.quantize " << y << ", scale " << scale
           << " zero_point " << zero << " : " << tensor(shape, "f32")
           << ", tensor<f32>, tensor<i8> -> " << tensor(shape, "i8") << "\n";
      y = "%q";
    }
    return y;
  }

  const Case &c;
  std::string name;
  std::ostringstream body;
};

} // namespace

std::string emitFunction(const Case &c, const std::string &name) {
  return Emitter(c, name).run();
}

std::string emitSelfContained(const Case &c) {
  Result expected = evaluate(c);
  std::string type =
      tensor(c.resultShape(), c.epilogue.outScale ? "i8" : "f32");
  std::ostringstream os;
  os << "// " << c.describe()
     << "\n// @main returns the result, @expected what it has to be.\n\n"
     << emitFunction(c, "checked") << "\nfunc.func @main() -> " << type
     << " {\n";
  std::string arguments, types;
  for (auto [operand, id] :
       {std::pair(&c.lhs, "%a"), std::pair(&c.rhs, "%b")}) {
    if (operand->constant)
      continue;
    std::string operandType = tensor(operand->shape, elementType(*operand));
    os << "  " << id << " = arith.constant "
       << (operand->floats.empty() ? dense(operand->values, operandType)
                                   : dense(operand->floats, operandType))
       << "\n";
    arguments += (arguments.empty() ? "" : ", ") + std::string(id);
    types += (types.empty() ? "" : ", ") + operandType;
  }
  os << "  %y = call @checked(" << arguments << ") : (" << types << ") -> "
     << type << "\n  return %y : " << type << "\n}\n\nfunc.func @expected() -> "
     << type << " {\n  %y = arith.constant "
     << (c.epilogue.outScale ? dense(expected.integers, type)
                             : dense(expected.floats, type))
     << "\n  return %y : " << type << "\n}\n";
  return os.str();
}

} // namespace quantc::check
