//===- Minimise.cpp - smaller programs that still fail --------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Minimise.h"
#include "Reference.h"

namespace quantc::check {

namespace {

class Minimiser {
public:
  Minimiser(Program program, const std::function<bool(const Program &)> &fails)
      : best(std::move(program)), fails(fails) {}

  Program run() {
    while (dropResults() || dropLast() || cutInputs() || bypass() || shrink() ||
           simplify() || clearData())
      ;
    return best;
  }

private:
  /// Keeps a candidate that still fails.
  bool keep(Program candidate) {
    candidate.prune();
    if (!fails(candidate))
      return false;
    best = std::move(candidate);
    return true;
  }

  bool dropResults();
  bool dropLast();
  bool cutInputs();
  bool bypass();
  bool shrink();
  bool simplify();
  bool clearData();

  Program best;
  const std::function<bool(const Program &)> &fails;
};

/// Returns fewer values.
bool Minimiser::dropResults() {
  for (size_t i = 0; i < best.others.size(); ++i) {
    Program candidate = best;
    candidate.others.erase(candidate.others.begin() + i);
    if (keep(std::move(candidate)))
      return true;
  }
  return false;
}

/// Makes an earlier value the result.
bool Minimiser::dropLast() {
  for (size_t i = 0; i + 1 < best.nodes.size(); ++i) {
    const Node &node = best.nodes[i];
    if (node.kind == Kind::Input || node.kind == Kind::Constant ||
        node.dynamicDim >= 0 ||
        (node.storage && !isBoundaryStorage(*node.storage)))
      continue;
    Program candidate = best;
    candidate.truncate(i + 1);
    if (keep(std::move(candidate)))
      return true;
  }
  return false;
}

/// Makes a value that the program computes an input of it.
bool Minimiser::cutInputs() {
  for (size_t i = best.nodes.size() - 1; i-- > 0;) {
    const Node &node = best.nodes[i];
    bool fromInput = node.kind == Kind::Quantize &&
                     best.nodes[node.operands[0]].kind == Kind::Input;
    if (node.operands.empty() || node.dynamicDim >= 0 || best.isResult(i) ||
        node.kind == Kind::Dequantize || node.kind == Kind::Site ||
        (fromInput && !isBoundaryStorage(*node.storage)) ||
        (node.storage && !isBoundaryStorage(*node.storage)))
      continue;
    Tensor value = Evaluator(best, Form::Fused).evaluate(i);
    Program candidate = best;
    Node input{Kind::Input};
    input.shape = node.shape;
    input.storage = node.storage;
    input.integers = value.integers;
    input.floats = value.floats;
    candidate.nodes[i] = input;
    if (keep(std::move(candidate)))
      return true;
  }
  return false;
}

/// Replaces an elementwise operation by its operand.
bool Minimiser::bypass() {
  for (size_t i = best.nodes.size(); i-- > 0;) {
    const Node &node = best.nodes[i];
    if (node.kind != Kind::Bias && node.kind != Kind::Relu &&
        node.kind != Kind::Clamp && node.kind != Kind::Affine &&
        node.kind != Kind::Gelu && node.kind != Kind::Silu &&
        node.kind != Kind::Add)
      continue;
    for (size_t replacement : node.operands) {
      Program candidate = best;
      for (Node &user : candidate.nodes)
        for (size_t &operand : user.operands)
          if (operand == i)
            operand = replacement;
      if (i + 1 == best.nodes.size())
        candidate.truncate(replacement + 1);
      if (keep(std::move(candidate)))
        return true;
    }
  }
  return false;
}

bool Minimiser::shrink() {
  for (size_t i = 0; i < best.nodes.size(); ++i)
    for (size_t d = 0; d < best.nodes[i].shape.size(); ++d) {
      int64_t size = best.nodes[i].shape[d];
      for (int64_t smaller : {int64_t(1), size / 2, size - 1}) {
        if (smaller < 1 || smaller >= size)
          continue;
        for (bool last : {false, true})
          if (auto candidate = resized(best, i, d, smaller, last))
            if (keep(std::move(*candidate)))
              return true;
      }
    }
  return false;
}

/// Parameters: constant, per tensor, zero points none or 0, scales 1.
bool Minimiser::simplify() {
  for (size_t i = 0; i < best.quantizations.size(); ++i) {
    auto attempt = [&](auto change) {
      Program candidate = best;
      Quantization &q = candidate.quantizations[i];
      change(q);
      const Quantization &old = best.quantizations[i];
      bool isSame = q.scales == old.scales && q.zeroPoints == old.zeroPoints &&
                    q.axes == old.axes && q.runTime == old.runTime;
      return !isSame && keep(std::move(candidate));
    };
    if (attempt([](Quantization &q) { q.runTime = false; }) ||
        attempt([](Quantization &q) { q.zeroPoints.clear(); }) ||
        attempt([](Quantization &q) {
          q.zeroPoints.assign(q.zeroPoints.size(), 0);
        }) ||
        attempt(
            [](Quantization &q) { q.scales.assign(q.scales.size(), 1.0f); }) ||
        attempt([](Quantization &q) {
          q.axes.clear();
          q.blocks.clear();
          q.shape.clear();
          q.scales.resize(1);
          if (q.zeroPoints.size() > 1)
            q.zeroPoints.resize(1);
          q.scalePerTensor = q.zeroPointPerTensor = false;
        }))
      return true;
  }
  return false;
}

/// Zeroes runs of elements, shorter and shorter ones.
bool Minimiser::clearData() {
  bool changed = false;
  for (size_t i = 0; i < best.nodes.size(); ++i) {
    size_t size =
        std::max(best.nodes[i].integers.size(), best.nodes[i].floats.size());
    if (best.nodes[i].kind != Kind::Input &&
        best.nodes[i].kind != Kind::Constant)
      continue;
    for (size_t run = size; run > 0 && run * 16 >= size; run /= 2)
      for (size_t at = 0; at < size; at += run) {
        Program candidate = best;
        auto clear = [&](auto &values) {
          bool any = false;
          for (size_t k = at; k < std::min(at + run, values.size()); ++k) {
            any |= values[k] != 0;
            values[k] = 0;
          }
          return any;
        };
        bool any = clear(candidate.nodes[i].integers);
        any |= clear(candidate.nodes[i].floats);
        changed |= any && keep(std::move(candidate));
      }
  }
  return changed;
}

} // namespace

Program minimise(Program program,
                 const std::function<bool(const Program &)> &fails) {
  return Minimiser(std::move(program), fails).run();
}

} // namespace quantc::check
