//===- Program.h - small quantized programs ---------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What quant-check draws, prints, evaluates and shrinks: a list of operations
// in the order of their evaluation, each on tensors of known shape. Values are
// either f32 or integers of a storage type; the operations are those of a
// model with explicit quantize and dequantize pairs.
//
//===----------------------------------------------------------------------===//

#ifndef QUANTC_TOOLS_QUANT_CHECK_PROGRAM_H
#define QUANTC_TOOLS_QUANT_CHECK_PROGRAM_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quantc::check {

using Shape = std::vector<int64_t>;

/// Number of elements.
int64_t countOf(const Shape &shape);

/// Row-major index of a point.
int64_t linearize(const Shape &shape, const Shape &point);

/// Steps an odometer; false when it has gone round.
bool advance(Shape &point, const Shape &shape);

enum class Storage { I4, I8, UI8, I16, F8E4M3FN, F8E5M2 };

bool isFloatStorage(Storage storage);
/// A narrow range leaves the smallest value out.
int64_t storageMin(Storage storage, bool narrowRange = false);
int64_t storageMax(Storage storage);
/// As MLIR prints the type.
const char *storageName(Storage storage);
/// Whether tensors of the type may cross the boundary of compiled code.
bool isBoundaryStorage(Storage storage);

/// Scales and zero points. Dimension i of the parameters runs along dimension
/// axes[i] of the tensor, one parameter for blocks[i] elements (the last block
/// may be shorter); no axes mean one parameter for the tensor.
struct Quantization {
  Storage storage = Storage::I8;
  std::vector<int64_t> axes;
  /// Empty: all 1.
  std::vector<int64_t> blocks;
  /// Shape of the parameters.
  Shape shape;
  std::vector<float> scales;
  /// Empty: none.
  std::vector<int64_t> zeroPoints;
  /// One parameter in spite of axes.
  bool scalePerTensor = false, zeroPointPerTensor = false;
  /// The parameters are arguments of the function instead of constants.
  bool runTime = false;
  /// What is quantized leaves the smallest value of the storage out.
  bool narrowRange = false;

  /// Index of the parameter of the element at `point`.
  int64_t indexOf(const Shape &point) const;
  float scaleAt(const Shape &point) const {
    return scales[scalePerTensor ? 0 : indexOf(point)];
  }
  int64_t zeroPointAt(const Shape &point) const;
  /// The shapes of both as tensors.
  Shape scaleShape() const { return scalePerTensor ? Shape() : shape; }
  Shape zeroPointShape() const { return zeroPointPerTensor ? Shape() : shape; }
  /// The dimensions along which the scale varies.
  std::vector<int64_t> scaleAxes() const {
    return scalePerTensor ? std::vector<int64_t>() : axes;
  }
};

/// A contraction or convolution. Every loop is a letter; operands and result
/// list the letter of each dimension. A letter in `windows` slides: in the
/// lhs it stands for out * stride + letter * dilation, in the rhs for itself.
struct Site {
  struct Window {
    char out;
    int64_t stride, dilation;
  };
  /// A linalg op with exactly these loops, or empty for linalg.generic.
  std::string op;
  /// Whether `op` takes indexing_maps.
  bool hasMaps = false;
  std::string lhs, rhs, result;
  std::map<char, int64_t> sizes;
  std::map<char, Window> windows;

  bool isReduction(char letter) const {
    return result.find(letter) == std::string::npos;
  }
  /// All loops, those of the result first.
  std::string loops() const;
  /// Shape of an operand (0, 1) or of the result (2).
  Shape shapeOf(int operand) const;
  /// Whether `op` is a convolution that takes neither strides nor dilations.
  bool isBareConvolution() const {
    return op == "linalg.conv_1d" || op == "linalg.conv_2d" ||
           op == "linalg.conv_3d";
  }
  /// Number of products in one sum.
  int64_t reductionSize() const;
};

enum class Kind {
  Input,        ///< an argument; `integers` or `floats` hold its data
  Constant,     ///< integers of a storage type
  Quantize,     ///< f32 to storage
  Dequantize,   ///< storage to f32
  Site,         ///< contraction or convolution of two f32 tensors
  Bias,         ///< x + floats[i] along `axis`
  Relu,         ///< max(x, 0)
  Clamp,        ///< min(max(x, floats[0]), floats[1])
  Affine,       ///< x * floats[0] + floats[1], rounded twice
  Gelu,         ///< x / 2 * (1 + erf(x / sqrt(2))), up to `functionError`
  Silu,         ///< x / (1 + exp(-x)), up to the same
  Requantize,   ///< storage to storage by `rescaling`
  Add,          ///< x + y of the same shape
  Concat,       ///< along `axis`
  Reshape,      ///< `groups` of dimensions collapsed or expanded
  Transpose,    ///< by the permutation `first`
  Slice,        ///< from `first`, steps `second`
  Pad,          ///< zeros, `first` before and `second` after
  MaxPool,      ///< windows over NHWC: `first` sizes, `second` strides
  AveragePool,  ///< the sum over such windows divided by their size
  RunTimeSlice, ///< the first elements along `axis`, a size known at run time
  Restore,      ///< back into a tensor of zeros of static shape
};

/// How integers of one scale become those of another.
enum class Mode { Float, FixedPoint, Shift };

/// As the option of qnn-fuse-epilogue.
const char *modeName(Mode mode);

/// The parameters of a requantization that the program states itself, for the
/// tensor or for each index along the node's axis.
struct Rescaling {
  Mode mode = Mode::Float;
  /// FixedPoint: multipliers of 16 bits instead of 32; TOSA's double rounding.
  bool isNarrow = false, doubleRound = false;
  bool perAxis = false;
  std::vector<float> factors;
  std::vector<int64_t> multipliers, shifts;
  /// Subtracted from the input.
  std::optional<int64_t> zeroPoint;

  int64_t count() const {
    return std::max({factors.size(), multipliers.size(), shifts.size()});
  }
};

struct Node {
  Kind kind;
  std::vector<size_t> operands = {};
  /// At run time; a dimension that the compiler does not know is `dynamicDim`.
  Shape shape = {};
  int64_t dynamicDim = -1;
  /// The type of the elements; none is f32.
  std::optional<Storage> storage = {};
  /// Index into Program::quantizations, of Quantize, Dequantize and Requantize.
  size_t quantization = 0;
  std::vector<int64_t> integers = {};
  std::vector<float> floats = {};
  std::vector<int64_t> first = {}, second = {};
  std::vector<std::vector<int64_t>> groups = {};
  int64_t axis = 0;
  Site site = {};
  Rescaling rescaling = {};
};

/// The last node is a result, the only one unless there are `others`.
struct Program {
  uint64_t seed = 0;
  std::string family;
  std::vector<Node> nodes;
  std::vector<Quantization> quantizations;
  /// Nodes before the last one that are results, too, in ascending order.
  std::vector<size_t> others;
  /// How qnn-fuse-epilogue is to requantize.
  Mode mode = Mode::Float;

  /// All results, the last node first.
  std::vector<size_t> results() const;
  bool isResult(size_t node) const;
  /// Makes the last of the first `count` nodes the result.
  void truncate(size_t count);
  const Quantization &quantizationOf(const Node &node) const {
    return quantizations[node.quantization];
  }
  /// Appends a node and returns its index.
  size_t add(Node node);
  /// Removes what the result does not depend on.
  void prune();
  /// One line for people.
  std::string describe() const;
};

} // namespace quantc::check

#endif // QUANTC_TOOLS_QUANT_CHECK_PROGRAM_H
