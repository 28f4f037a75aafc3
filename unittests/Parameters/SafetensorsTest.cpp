//===- SafetensorsTest.cpp - reader and writer of safetensors -------------===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "quantc/Parameters/Safetensors.h"

#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "gtest/gtest.h"

using namespace quantc;

namespace {

std::string makeFile(llvm::StringRef header, llvm::StringRef data) {
  std::string bytes(sizeof(uint64_t), '\0');
  llvm::support::endian::write64le(bytes.data(), header.size());
  return bytes + header.str() + data.str();
}

/// Returns the reader's error, or "" for a good file.
std::string readError(llvm::StringRef bytes) {
  auto file = SafetensorsFile::parse(
      llvm::MemoryBuffer::getMemBufferCopy(bytes, "f.safetensors"));
  return file ? "" : llvm::toString(file.takeError());
}

std::string readError(llvm::StringRef header, llvm::StringRef data) {
  return readError(makeFile(header, data));
}

TEST(Safetensors, ReadsTensorsAndMetadata) {
  std::string bytes = makeFile(
      R"({"__metadata__": {"k": "v"}, "b": {"dtype": "I8", "shape": [], "data_offsets": [4, 5]},
          "a": {"dtype": "BF16", "shape": [1, 2], "data_offsets": [0, 4]},
          "e": {"dtype": "F64", "shape": [0, 7], "data_offsets": [4, 4]}}   )",
      "wxyz!");
  auto file = SafetensorsFile::parse(
      llvm::MemoryBuffer::getMemBufferCopy(bytes, "f.safetensors"));
  ASSERT_TRUE(bool(file)) << llvm::toString(file.takeError());
  ASSERT_EQ((*file)->getTensors().size(), 3u);
  const SafetensorsTensor *a = (*file)->lookup("a");
  ASSERT_NE(a, nullptr);
  EXPECT_EQ(a->dtype, DType::BF16);
  EXPECT_EQ(describeTensorType(a->dtype, a->shape), "BF16[1, 2]");
  EXPECT_EQ(llvm::StringRef(a->data.data(), a->data.size()), "wxyz");
  EXPECT_EQ((*file)->lookup("b")->data[0], '!');
  EXPECT_TRUE((*file)->lookup("e")->data.empty());
  EXPECT_EQ((*file)->lookup("c"), nullptr);
  EXPECT_EQ((*file)->getMetadata().at("k"), "v");
}

TEST(Safetensors, RefusesWhatIsNotAHeader) {
  EXPECT_EQ(readError(""), "f.safetensors: expected a safetensors file of at "
                           "least 8 bytes, but got 0");
  std::string lying = makeFile("{}", "");
  lying[3] = 1;
  EXPECT_EQ(readError(lying),
            "f.safetensors: expected a safetensors header of 16777218 bytes, "
            "but only 2 bytes follow its length");
  lying.replace(0, 8, 8, '\xff');
  EXPECT_EQ(readError(lying),
            "f.safetensors: expected a safetensors header of "
            "18446744073709551615 bytes, but only 2 bytes follow its length");
  EXPECT_NE(readError("{", "").find("expected a JSON object"),
            std::string::npos);
  EXPECT_NE(readError("[]", "").find("expected a JSON object"),
            std::string::npos);
  EXPECT_NE(readError("\xff\xfe", "").find("expected a JSON object"),
            std::string::npos);
  // Would exhaust the stack of a recursive parser.
  EXPECT_EQ(readError(std::string(1000000, '['), ""),
            "f.safetensors: safetensors header is nested too deeply");
}

TEST(Safetensors, RefusesTensorsThatLie) {
  auto tensor = [](llvm::StringRef fields) {
    return readError(("{\"t\": " + fields + "}").str(), "12345678");
  };
  EXPECT_EQ(tensor("3"), "f.safetensors: tensor 't': expected an object with "
                         "dtype, shape and data_offsets");
  EXPECT_EQ(tensor(R"({"dtype": "F31", "shape": [2], "data_offsets": [0, 8]})"),
            "f.safetensors: tensor 't': unknown dtype 'F31'");
  EXPECT_EQ(tensor(R"({"dtype": 1, "shape": [2], "data_offsets": [0, 8]})"),
            "f.safetensors: tensor 't': expected a string as dtype");
  EXPECT_EQ(
      tensor(R"({"dtype": "F32", "shape": [-2], "data_offsets": [0, 8]})"),
      "f.safetensors: tensor 't': expected an array of integers >= 0 as "
      "shape");
  EXPECT_EQ(tensor(R"({"dtype": "F32", "shape": [2], "data_offsets": [0]})"),
            "f.safetensors: tensor 't': expected two integers >= 0 as "
            "data_offsets");
  EXPECT_EQ(tensor(R"({"dtype": "F32", "shape": [2], "data_offsets": [8, 0]})"),
            "f.safetensors: tensor 't': data_offsets begin at 8, after their "
            "end 0");
  EXPECT_EQ(tensor(R"({"dtype": "F32", "shape": [3], "data_offsets": [0, 8]})"),
            "f.safetensors: tensor 't': expected 12 bytes for F32[3], but "
            "data_offsets span 8");
  EXPECT_EQ(
      tensor(R"({"dtype": "F32", "shape": [3], "data_offsets": [0, 12]})"),
      "f.safetensors: tensor 't': expected data up to byte 12, but the file "
      "has only 8 bytes of data");
  EXPECT_EQ(
      tensor(
          R"({"dtype": "F32", "shape": [4611686018427387906], "data_offsets": [0, 8]})"),
      "f.safetensors: tensor 't': size of F32[4611686018427387906] overflows");
  EXPECT_EQ(tensor(R"({"dtype": "F32", "shape": [1], "data_offsets": [0, 4]})"),
            "f.safetensors: 4 bytes at the end of the file belong to no "
            "tensor");
  EXPECT_EQ(tensor(R"({"dtype": "F32", "shape": [1], "data_offsets": [4, 8]})"),
            "f.safetensors: tensor 't': 4 bytes before its data belong to no "
            "tensor");
}

TEST(Safetensors, RefusesOverlapAndDuplicates) {
  EXPECT_EQ(readError(
                R"({"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
              "b": {"dtype": "F32", "shape": [1], "data_offsets": [4, 8]}})",
                "12345678"),
            "f.safetensors: tensor 'b': data overlap those of tensor 'a'");
  EXPECT_EQ(readError(
                R"({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]},
              "\u0061": {"dtype": "U8", "shape": [1], "data_offsets": [1, 2]}})",
                "12"),
            "f.safetensors: tensor 'a' is defined twice");
}

/// A file as the writer makes it, for the tests that damage it.
std::string makeGoodFile() {
  llvm::SmallString<64> path;
  EXPECT_FALSE(
      llvm::sys::fs::createTemporaryFile("quantc", "safetensors", path));
  float weights[6] = {1, 2, 3, 4, 5, 6};
  int8_t bytes[3] = {1, 2, 3};
  auto view = [](const auto &array) {
    return llvm::ArrayRef<char>(reinterpret_cast<const char *>(array),
                                sizeof(array));
  };
  SafetensorsTensor tensors[] = {{"w", DType::F32, {2, 3}, view(weights)},
                                 {"q", DType::I8, {3}, view(bytes)}};
  EXPECT_FALSE(bool(writeSafetensors(path, tensors, {{"k", "v"}})));
  auto buffer = llvm::MemoryBuffer::getFile(path);
  llvm::sys::fs::remove(path);
  return (*buffer)->getBuffer().str();
}

TEST(Safetensors, RefusesEveryTruncation) {
  std::string good = makeGoodFile();
  EXPECT_EQ(readError(good), "");
  for (size_t size = 0; size < good.size(); ++size)
    EXPECT_NE(readError(llvm::StringRef(good).take_front(size)), "") << size;
  EXPECT_NE(readError(good + "x"), "");
}

TEST(Safetensors, SurvivesEveryChangedByte) {
  // No particular outcome, but never a view outside of the data.
  std::string good = makeGoodFile();
  for (size_t i = 0; i < good.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string bad = good;
      bad[i] = char(value);
      auto file = SafetensorsFile::parse(
          llvm::MemoryBuffer::getMemBufferCopy(bad, "f.safetensors"));
      if (!file) {
        llvm::consumeError(file.takeError());
        continue;
      }
      unsigned sum = 0;
      for (const SafetensorsTensor &tensor : (*file)->getTensors())
        for (char byte : tensor.data)
          sum += byte;
      EXPECT_LE(sum, ~0u);
    }
  }
}

TEST(Safetensors, WritesAlignedAndInOneOrder) {
  std::vector<char> data(64, 'x');
  llvm::ArrayRef<char> view(data);
  std::vector<SafetensorsTensor> tensors = {
      {"odd", DType::U8, {3}, view.take_front(3)},
      {"b", DType::F32, {16}, view},
      {"half", DType::F16, {5}, view.take_front(10)},
      {"a", DType::F32, {16}, view}};
  llvm::SmallString<64> folder;
  ASSERT_FALSE(llvm::sys::fs::createUniqueDirectory("quantc", folder));
  std::string path = (folder + "/f.safetensors").str();
  auto write = [&] {
    EXPECT_FALSE(bool(writeSafetensors(path, tensors)));
    return (*llvm::MemoryBuffer::getFile(path))->getBuffer().str();
  };
  std::string first = write();
  std::reverse(tensors.begin(), tensors.end());
  EXPECT_EQ(first, write());

  auto file = SafetensorsFile::open(path);
  ASSERT_TRUE(bool(file));
  std::vector<std::string> names;
  const char *start = (*file)->getTensors().front().data.data();
  for (const SafetensorsTensor &tensor : (*file)->getTensors()) {
    names.push_back(tensor.name);
    EXPECT_EQ((tensor.data.data() - start) % getDTypeSize(tensor.dtype), 0);
  }
  EXPECT_EQ(names, (std::vector<std::string>{"a", "b", "half", "odd"}));
  uint64_t header = llvm::support::endian::read64le(first.data());
  EXPECT_EQ((header + 8) % 64, 0u);

  // Nothing but the file itself is left behind.
  tensors.front().shape = {17};
  EXPECT_TRUE(llvm::StringRef(llvm::toString(writeSafetensors(path, tensors)))
                  .contains("bytes for"));
  std::error_code code;
  unsigned entries = 0;
  for (llvm::sys::fs::directory_iterator it(folder, code), end;
       it != end && !code; it.increment(code))
    ++entries;
  EXPECT_EQ(entries, 1u);
  llvm::sys::fs::remove_directories(folder);
}

TEST(Safetensors, RefusesDuplicatesInWriting) {
  SafetensorsTensor tensors[] = {{"a", DType::U8, {0}, {}},
                                 {"a", DType::U8, {0}, {}}};
  EXPECT_EQ(llvm::toString(writeSafetensors("/nowhere", tensors)),
            "/nowhere: cannot write safetensors file: tensor 'a' is given "
            "twice");
}

} // namespace
