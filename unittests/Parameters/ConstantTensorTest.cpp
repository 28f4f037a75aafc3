//===- ConstantTensorTest.cpp - constants as raw buffers ------------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Parameters/ConstantTensor.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/MLIRContext.h"
#include "gtest/gtest.h"

#include <atomic>

using namespace mlir;
using namespace quantc;

namespace {

struct ConstantTensorTest : testing::Test {
  ConstantTensorTest() : builder(&context) {}

  RankedTensorType tensor(ArrayRef<int64_t> shape, Type element) {
    return RankedTensorType::get(shape, element);
  }

  MLIRContext context;
  Builder builder;
};

TEST_F(ConstantTensorTest, ReadsDense) {
  auto type = tensor({3}, builder.getF32Type());
  auto constant =
      ConstantTensor::get(DenseElementsAttr::get(type, {1.0f, 2.0f, 3.0f}));
  ASSERT_TRUE(constant);
  EXPECT_FALSE(constant->isSplat());
  EXPECT_EQ(constant->getAs<float>(), ArrayRef<float>({1, 2, 3}));
}

TEST_F(ConstantTensorTest, ExpandsSplat) {
  auto type = tensor({2, 2}, builder.getI16Type());
  auto constant = ConstantTensor::get(DenseElementsAttr::get(type, int16_t(7)));
  ASSERT_TRUE(constant);
  EXPECT_TRUE(constant->isSplat());
  EXPECT_EQ(constant->getStoredBytes().size(), 2u);
  EXPECT_EQ(constant->getAs<int16_t>(), ArrayRef<int16_t>({7, 7, 7, 7}));
}

TEST_F(ConstantTensorTest, UnpacksBits) {
  auto type = tensor({3}, builder.getI1Type());
  auto constant =
      ConstantTensor::get(DenseElementsAttr::get(type, {true, false, true}));
  ASSERT_TRUE(constant);
  EXPECT_EQ(constant->getAs<char>(), ArrayRef<char>({1, 0, 1}));
}

TEST_F(ConstantTensorTest, RefusesWhatHasNoBytes) {
  EXPECT_FALSE(ConstantTensor::get(Attribute()));
  EXPECT_FALSE(ConstantTensor::get(builder.getStringAttr("x")));
  auto index = tensor({2}, builder.getIndexType());
  EXPECT_FALSE(ConstantTensor::get(
      DenseElementsAttr::get(index, builder.getIndexAttr(1))));
  // A resource that is shorter than its type says.
  auto type = tensor({8}, builder.getF32Type());
  EXPECT_FALSE(ConstantTensor::get(
      makeResourceTensor(type, "short", HeapAsmResourceBlob::allocate(4, 4))));
}

TEST_F(ConstantTensorTest, MakesDenseOrResource) {
  auto fill = [](MutableArrayRef<char> bytes) {
    for (auto [index, byte] : llvm::enumerate(bytes))
      byte = char(index);
  };
  auto check = [&](int64_t count, Type element) {
    TypedAttr attr = makeConstantTensor(tensor({count}, element), "r", fill);
    auto constant = ConstantTensor::get(attr);
    ASSERT_TRUE(constant);
    ASSERT_EQ(constant->getBytes().size(),
              size_t(count) * *getElementByteSize(element));
    for (auto [index, byte] : llvm::enumerate(constant->getBytes()))
      EXPECT_EQ(byte, char(index));
  };
  check(0, builder.getF32Type());
  check(1, builder.getI8Type());
  check(2, builder.getI1Type());
  check(16, builder.getIntegerType(4));
  check(64, builder.getF32Type());
  check(65, builder.getBF16Type());
  EXPECT_EQ(getResourceName(makeConstantTensor(
                tensor({65}, builder.getI8Type()), "r", fill)),
            "r_1");
  EXPECT_EQ(getResourceName(makeConstantTensor(
                tensor({64}, builder.getI8Type()), "r", fill)),
            "");
}

TEST_F(ConstantTensorTest, PacksTwoI4InAByte) {
  auto type = tensor({67}, builder.getIntegerType(4));
  TypedAttr attr =
      makeConstantTensor(type, "r", [](MutableArrayRef<char> bytes) {
        for (auto [i, byte] : llvm::enumerate(bytes))
          byte = char(i * 7 % 16);
      });
  auto constant = ConstantTensor::get(attr);
  ASSERT_TRUE(constant);
  ArrayRef<char> packed = constant->getFileBytes();
  ASSERT_EQ(packed.size(), 34u);
  EXPECT_EQ(packed[0], char(0x70));
  EXPECT_EQ(packed[1], char(0x5e));
  // The last byte has one element.
  EXPECT_EQ(packed[33], char(66 * 7 % 16));
  ArrayRef<char> bytes = constant->getBytes();
  ASSERT_EQ(bytes.size(), 67u);
  for (int i = 0; i < 67; ++i)
    EXPECT_EQ(bytes[i], char(i * 7 % 16));
  // Elements that nobody has packed are no i4.
  EXPECT_FALSE(ConstantTensor::get(
      makeResourceTensor(type, "wide", HeapAsmResourceBlob::allocate(67, 4))));
}

TEST_F(ConstantTensorTest, CoversRangeOnce) {
  for (int64_t size : {0, 1, 7, 1000, 1001}) {
    std::vector<std::atomic<int>> counts(size);
    parallelForRange(&context, size, 10, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i)
        ++counts[i];
    });
    for (auto &count : counts)
      EXPECT_EQ(count, 1);
  }
}

TEST_F(ConstantTensorTest, MapsElementTypes) {
  EXPECT_TRUE(isCompatible(DType::U8, builder.getI8Type()));
  EXPECT_TRUE(isCompatible(DType::U8, builder.getIntegerType(4)));
  EXPECT_FALSE(isCompatible(DType::I8, builder.getIntegerType(4)));
  EXPECT_EQ(getFileShape(tensor({3, 5}, builder.getIntegerType(4))),
            SmallVector<int64_t>({8}));
  EXPECT_EQ(getFileShape(tensor({3, 5}, builder.getI8Type())),
            SmallVector<int64_t>({3, 5}));
  EXPECT_FALSE(isCompatible(DType::U8, builder.getIntegerType(8, true)));
  EXPECT_FALSE(isCompatible(DType::F16, builder.getBF16Type()));
  EXPECT_EQ(getDType(Float8E4M3FNType::get(&context)), DType::F8E4M3);
  EXPECT_EQ(getDType(builder.getIndexType()), std::nullopt);
}

} // namespace
