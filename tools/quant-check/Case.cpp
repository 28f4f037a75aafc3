//===- Case.cpp - random cases ---------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Case.h"
#include "Reference.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <sstream>

namespace quantc::check {

int64_t Operand::numElements() const {
  return std::accumulate(shape.begin(), shape.end(), int64_t(1),
                         std::multiplies<>());
}

int64_t Operand::parameterOf(int64_t linear) const {
  if (axis < 0)
    return 0;
  int64_t inner = 1;
  for (size_t i = axis + 1; i < shape.size(); ++i)
    inner *= shape[i];
  return linear / inner % shape[axis];
}

static int64_t windowPositions(int64_t size, int64_t before, int64_t after,
                               int64_t kernel, int64_t stride,
                               int64_t dilation) {
  int64_t span = (kernel - 1) * dilation + 1, padded = size + before + after;
  return padded < span ? 0 : (padded - span) / stride + 1;
}

int64_t Convolution::outHeight() const {
  return windowPositions(height, padTop, padBottom, kernelHeight, strideHeight,
                         dilationHeight);
}
int64_t Convolution::outWidth() const {
  return windowPositions(width, padLeft, padRight, kernelWidth, strideWidth,
                         dilationWidth);
}

Shape Case::resultShape() const {
  if (convolution)
    return {convolution->batch, convolution->outHeight(),
            convolution->outWidth(), convolution->outChannels};
  Shape shape;
  for (int64_t loop : contraction->resultLoops)
    shape.push_back(contraction->sizes[loop]);
  return shape;
}

namespace {

/// Draws everything a case consists of. std::mt19937_64 is specified bit for
/// bit; the distributions of the standard library are not, so none is used.
class Generator {
public:
  explicit Generator(uint64_t seed)
      : engine(seed * 0x9E3779B97F4A7C15ull + 1) {}

  /// Uniform in [low, high].
  int64_t integer(int64_t low, int64_t high) {
    return low + int64_t(engine() % uint64_t(high - low + 1));
  }
  bool chance(int64_t percent) { return integer(1, 100) <= percent; }
  template <typename T>
  T pick(std::initializer_list<T> values) {
    return *(values.begin() + integer(0, values.size() - 1));
  }
  /// A dimension size: mostly small, 1 often, some off the vector width.
  int64_t size(int64_t limit) {
    int64_t value = chance(20)   ? 1
                    : chance(70) ? integer(2, 24)
                                 : integer(25, 80);
    return std::min(value, limit);
  }
  float scale() {
    if (chance(20))
      return std::ldexp(1.0f, int(integer(-8, 2)));
    return float(integer(1, 1 << 20)) / float(1 << 24);
  }
  int8_t zeroPoint() {
    return chance(25) ? pick<int8_t>({-128, -127, -1, 1, 126, 127})
                      : int8_t(integer(-128, 127));
  }

  void fill(Operand &operand, bool narrow) {
    int64_t low = narrow ? -127 : -128;
    int mode = integer(0, 5);
    operand.values.resize(operand.numElements());
    for (int8_t &value : operand.values) {
      switch (mode) {
      case 0: // all at the lower end: the largest sums
        value = int8_t(low);
        break;
      case 1:
        value = 127;
        break;
      case 2: // edges only
        value = int8_t(pick<int64_t>({low, -1, 0, 1, 127}));
        break;
      default:
        value = int8_t(integer(low, 127));
      }
    }
  }

  /// Floats for the quantized values of an operand that is quantized in the
  /// program: around each value, on ties, and everything that is not ordinary.
  void fillFloats(Operand &operand) {
    const float inf = std::numeric_limits<float>::infinity();
    for (size_t i = 0; i < operand.values.size(); ++i) {
      int64_t parameter = operand.parameterOf(i);
      float scale = operand.scales[parameter];
      int zeroPoint =
          operand.zeroPoints.empty() ? 0 : operand.zeroPoints[parameter];
      float steps = float(operand.values[i] - zeroPoint);
      float x = steps * scale;
      if (chance(20))
        x = (steps + 0.5f) * scale;
      else if (chance(40))
        x = (steps + float(integer(-600, 600)) / 1000.0f) * scale;
      else if (chance(10))
        x = pick<float>(
            {inf, -inf, std::nanf(""), -0.0f, 1e-42f, 3e38f, -3e38f});
      operand.floats.push_back(x);
      operand.values[i] = quantize(x, scale, int8_t(zeroPoint));
    }
  }

  void parameters(Operand &operand, int64_t axis, bool symmetric) {
    operand.axis = axis;
    int64_t count = axis < 0 ? 1 : operand.shape[axis];
    for (int64_t i = 0; i < count; ++i) {
      operand.scales.push_back(scale());
      if (!symmetric)
        operand.zeroPoints.push_back(zeroPoint());
    }
  }

  void shuffle(std::vector<int64_t> &values) {
    for (size_t i = values.size(); i > 1; --i)
      std::swap(values[i - 1], values[integer(0, i - 1)]);
  }

private:
  std::mt19937_64 engine;
};

Shape shapeOf(const Shape &sizes, const std::vector<int64_t> &loops) {
  Shape shape;
  for (int64_t loop : loops)
    shape.push_back(sizes[loop]);
  return shape;
}

/// Named linalg contractions: loops, operand maps.
struct NamedContraction {
  const char *name;
  size_t loops;
  std::vector<int64_t> lhs, rhs, result;
};

const NamedContraction kNamed[] = {
    {"linalg.matmul", 3, {0, 2}, {2, 1}, {0, 1}},
    {"linalg.batch_matmul", 4, {0, 1, 3}, {0, 3, 2}, {0, 1, 2}},
    {"linalg.matvec", 2, {0, 1}, {1}, {0}},
    {"linalg.vecmat", 2, {1}, {1, 0}, {0}},
    {"linalg.batch_matvec", 3, {0, 1, 2}, {0, 2}, {0, 1}},
    {"linalg.dot", 1, {0}, {0}, {}},
};

void makeContraction(Generator &random, Case &c) {
  Contraction op;
  if (random.chance(50)) {
    // matmul and batch_matmul are the common ones.
    const NamedContraction &named =
        kNamed[random.chance(60) ? random.integer(0, 1) : random.integer(0, 5)];
    op.namedOp = named.name;
    op.lhsLoops = named.lhs;
    op.rhsLoops = named.rhs;
    op.resultLoops = named.result;
    op.sizes.resize(named.loops);
  } else {
    // Any number of batch, row, column and reduction loops, operands in any
    // dimension order. Loops are numbered batch, rows, columns, reduction.
    std::vector<int64_t> counts = {random.integer(0, 2), random.integer(0, 2),
                                   random.integer(0, 2), random.integer(1, 2)};
    std::vector<int64_t> group[4];
    int64_t next = 0;
    for (int g = 0; g < 4; ++g)
      for (int64_t i = 0; i < counts[g]; ++i)
        group[g].push_back(next++);
    auto join = [&](std::initializer_list<int> groups) {
      std::vector<int64_t> loops;
      for (int g : groups)
        loops.insert(loops.end(), group[g].begin(), group[g].end());
      return loops;
    };
    op.lhsLoops = join({0, 1, 3});
    op.rhsLoops = join({0, 2, 3});
    op.resultLoops = join({0, 1, 2});
    random.shuffle(op.lhsLoops);
    random.shuffle(op.rhsLoops);
    if (random.chance(30))
      random.shuffle(op.resultLoops);
    op.sizes.resize(next);
  }
  int64_t budget = 60000;
  for (int64_t &size : op.sizes) {
    size = random.size(std::max<int64_t>(budget, 1));
    budget /= size;
  }
  if (random.chance(3)) // an empty dimension: no result, or sums of nothing
    op.sizes[random.integer(0, op.sizes.size() - 1)] = 0;
  if (op.sizes.size() == 3 && op.namedOp == "linalg.matmul" &&
      random.chance(5)) {
    op.sizes = {random.integer(1, 3), random.integer(1, 3),
                random.integer(2000, 30000)};
  }
  c.lhs.shape = shapeOf(op.sizes, op.lhsLoops);
  c.rhs.shape = shapeOf(op.sizes, op.rhsLoops);

  // Parameters may vary along a row loop of the lhs that becomes the result's
  // row, and along a column loop of the rhs.
  auto axisOf = [&](const std::vector<int64_t> &own,
                    const std::vector<int64_t> &other) {
    std::vector<int64_t> axes;
    for (size_t i = 0; i < own.size(); ++i) {
      bool inResult =
          std::count(op.resultLoops.begin(), op.resultLoops.end(), own[i]);
      bool shared = std::count(other.begin(), other.end(), own[i]);
      if (inResult && !shared)
        axes.push_back(i);
    }
    return axes.empty() ? int64_t(-1)
                        : axes[random.integer(0, axes.size() - 1)];
  };
  c.rhs.constant = random.chance(70);
  int64_t rhsAxis = random.chance(60) ? axisOf(op.rhsLoops, op.lhsLoops) : -1;
  int64_t lhsAxis = random.chance(20) ? axisOf(op.lhsLoops, op.rhsLoops) : -1;
  random.parameters(c.lhs, lhsAxis, random.chance(40));
  random.parameters(c.rhs, rhsAxis, random.chance(60));
  c.contraction = op;
}

void makeConvolution(Generator &random, Case &c) {
  Convolution op;
  op.depthwise = random.chance(25);
  op.batch = random.chance(3) ? 0 : random.integer(1, 2);
  op.height = random.integer(1, 10);
  op.width = random.integer(1, 10);
  op.inChannels = random.chance(30) ? 1 : random.integer(1, 20);
  op.outChannels = op.depthwise ? op.inChannels : random.size(40);
  op.kernelHeight = random.integer(1, 4);
  op.kernelWidth = random.integer(1, 4);
  op.strideHeight = random.chance(60) ? 1 : random.integer(2, 3);
  op.strideWidth = random.chance(60) ? 1 : random.integer(2, 3);
  op.dilationHeight = random.chance(80) ? 1 : 2;
  op.dilationWidth = random.chance(80) ? 1 : 2;
  bool padded = random.chance(60);
  auto pad = [&] { return padded ? random.integer(0, 2) : 0; };
  op.padTop = pad(), op.padBottom = pad(), op.padLeft = pad(),
  op.padRight = pad();
  // The window must fit at least once.
  auto grow = [](int64_t &size, int64_t before, int64_t after, int64_t kernel,
                 int64_t dilation) {
    size = std::max(size, (kernel - 1) * dilation + 1 - before - after);
  };
  grow(op.height, op.padTop, op.padBottom, op.kernelHeight, op.dilationHeight);
  grow(op.width, op.padLeft, op.padRight, op.kernelWidth, op.dilationWidth);
  c.lhs.shape = {op.batch, op.height, op.width, op.inChannels};
  c.rhs.shape = {op.kernelHeight, op.kernelWidth, op.inChannels};
  if (!op.depthwise)
    c.rhs.shape.push_back(op.outChannels);
  c.rhs.constant = random.chance(80);
  random.parameters(c.lhs, -1, random.chance(40));
  random.parameters(c.rhs,
                    random.chance(60) ? int64_t(c.rhs.shape.size()) - 1 : -1,
                    random.chance(70));
  c.convolution = op;
}

void makeEpilogue(Generator &random, Case &c) {
  Shape shape = c.resultShape();
  if (!shape.empty() && random.chance(40))
    for (int64_t i = 0; i < shape.back(); ++i)
      c.epilogue.bias.push_back(float(random.integer(-1000, 1000)) / 64.0f);
  c.epilogue.relu = random.chance(30);
  if (random.chance(50)) {
    c.epilogue.outScale = random.scale() * 16;
    c.epilogue.outZeroPoint = random.chance(40) ? 0 : random.zeroPoint();
  }
}

} // namespace

Case makeCase(uint64_t seed) {
  Generator random(seed);
  Case c;
  c.seed = seed;
  if (random.chance(65))
    makeContraction(random, c);
  else
    makeConvolution(random, c);
  random.fill(c.lhs, /*narrow=*/false);
  if (random.chance(30))
    random.fillFloats(c.lhs);
  random.fill(c.rhs, /*narrow=*/c.rhs.zeroPoints.empty());
  makeEpilogue(random, c);
  return c;
}

std::string Case::describe() const {
  std::ostringstream os;
  auto shape = [&](const Shape &sizes) {
    for (size_t i = 0; i < sizes.size(); ++i)
      os << (i ? "x" : "") << sizes[i];
    if (sizes.empty())
      os << "scalar";
  };
  auto operand = [&](const Operand &o) {
    shape(o.shape);
    os << (o.zeroPoints.empty() ? " symmetric" : " asymmetric");
    if (o.axis >= 0)
      os << " axis " << o.axis;
    if (o.constant)
      os << " constant";
    if (!o.floats.empty())
      os << " from float";
  };
  os << "seed " << seed << ": "
     << (convolution ? (convolution->depthwise ? "depthwise convolution"
                                               : "convolution")
         : contraction->namedOp.empty() ? "linalg.generic"
                                        : contraction->namedOp.c_str())
     << ", lhs ";
  operand(lhs);
  os << ", rhs ";
  operand(rhs);
  if (convolution)
    os << ", strides " << convolution->strideHeight << 'x'
       << convolution->strideWidth << ", dilations "
       << convolution->dilationHeight << 'x' << convolution->dilationWidth
       << ", padding " << convolution->padTop << ',' << convolution->padBottom
       << ',' << convolution->padLeft << ',' << convolution->padRight;
  if (!epilogue.bias.empty())
    os << ", bias";
  if (epilogue.relu)
    os << ", relu";
  if (epilogue.outScale)
    os << ", quantized with zero point " << int(epilogue.outZeroPoint);
  return os.str();
}

} // namespace quantc::check
