//===- TensorTest.cpp - copies of tensor tiles by rank, type and edge -----===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles of tensors of rank 1 to 5 over the edges on either side, with strides
// between elements, filled with zeros or NaN; stores and reductions that leave
// out what is outside; one tile for several CTAs. Expected values are gathered
// element by element from the coordinates.
//
//===----------------------------------------------------------------------===//

#include "Harness.h"

#include <cmath>

using namespace quantc::emulator::test;

namespace {

/// In the order of CUtensorMapDataType.
struct Element {
  int dataType;
  unsigned bytes;
  bool isFloat;
};
const Element elements[] = {{0, 1, false}, {1, 2, false}, {2, 4, false},
                            {3, 4, false}, {4, 8, false}, {6, 2, true},
                            {7, 4, true},  {8, 8, true},  {9, 2, true}};

struct Tile {
  Element element;
  unsigned rank;
  uint64_t sizes[5];
  uint32_t box[5], steps[5];
  int start[5];

  unsigned count(unsigned axis) const { // elements of the tile
    return axis ? (box[axis] + steps[axis] - 1) / steps[axis] : box[0];
  }
  unsigned elementCount() const {
    unsigned result = 1;
    for (unsigned axis = 0; axis < rank; ++axis)
      result *= count(axis);
    return result;
  }
  unsigned bytes() const { return elementCount() * element.bytes; }
  uint64_t stride(unsigned axis) const { // bytes, rows padded to 16
    uint64_t result =
        axis ? (sizes[0] * element.bytes + 31) / 16 * 16 : element.bytes;
    for (unsigned before = 1; before < axis; ++before)
      result *= sizes[before];
    return result;
  }
  uint64_t tensorBytes() const { return stride(rank - 1) * sizes[rank - 1]; }

  /// Byte offset in the tensor of an element of the tile, or -1.
  int64_t place(unsigned index) const {
    int64_t offset = 0;
    for (unsigned axis = 0; axis < rank; ++axis) {
      int64_t at =
          start[axis] + int64_t(index % count(axis)) * (axis ? steps[axis] : 1);
      index /= count(axis);
      if (at < 0 || at >= int64_t(sizes[axis]))
        return -1;
      offset += at * int64_t(stride(axis));
    }
    return offset;
  }
  CUresult encode(CUtensorMap &map, CUdeviceptr address, bool nan) const {
    uint64_t strides[4];
    for (unsigned axis = 1; axis < rank; ++axis)
      strides[axis - 1] = stride(axis);
    return cuTensorMapEncodeTiled(&map, element.dataType, rank,
                                  reinterpret_cast<void *>(address), sizes,
                                  strides, box, steps, 0, 0, 0, nan);
  }
};

Tile drawTile(Bits &random, const Element &element, unsigned rank) {
  Tile tile = {element, rank, {}, {}, {}, {}};
  for (unsigned axis = 0; axis < rank; ++axis) {
    tile.sizes[axis] = axis ? 3 + random.next() % 5 : 20 + random.next() % 30;
    tile.box[axis] = axis ? 1 + random.next() % 4
                          : 16 / element.bytes * (1 + random.next() % 2);
    tile.steps[axis] = 1 + random.next() % 3;
    tile.start[axis] = int(random.next() % (tile.sizes[axis] + 4)) - 3;
  }
  return tile;
}

/// `middle` runs in thread 0 between the two barriers; the tile is at smem,
/// its coordinates in %x0 to %x4, the map in %d3, an mbarrier in [%m].
std::string kernel(unsigned rank, const std::string &middle, bool loads) {
  std::string text = R"(
.extern .shared .align 1024 .b8 smem[];
.visible .entry k(.param .align 64 .b8 map[128], .param .u64 tile, .param .u32 bytes, .param .u32 x0, .param .u32 x1, .param .u32 x2, .param .u32 x3, .param .u32 x4) {
  .reg .pred %p<4>; .reg .b32 %r<16>; .reg .b32 %x<5>; .reg .b32 %m; .reg .b64 %d<8>;
  mov.u32 %r0, %tid.x; mov.u32 %r1, smem; add.u32 %m, %r1, 16384; setp.eq.u32 %p0, %r0, 0; ld.param.u64 %d1, [tile]; ld.param.u32 %r2, [bytes];
  @%p0 mbarrier.init.shared.b64 [%m], 1;
  @%p0 fence.mbarrier_init.release.cluster;
)";
  const std::string copy = // %r0 strides over bytes, as those may be odd
      "  mov.u32 %r6, %r0;\nL: setp.ge.u32 %p2, %r6, %r2;\n  @%p2 bra D;\n"
      "  add.u32 %r7, %r1, %r6; cvt.u64.u32 %d5, %r6; add.u64 %d5, %d5, %d1;\n";
  if (!loads)
    text += copy + "  ld.global.u8 %r8, [%d5]; st.shared.u8 [%r7], %r8; "
                   "add.u32 %r6, %r6, 32; bra L;\nD: fence.proxy.async;\n";
  text += "  bar.sync 0; mov.b64 %d2, map; cvta.param.u64 %d3, %d2;\n";
  for (unsigned axis = 0; axis < rank; ++axis)
    text += "  ld.param.u32 %x" + std::to_string(axis) + ", [x" +
            std::to_string(axis) + "];\n";
  text += "  @!%p0 bra W;\n  " + middle + "\nW:\n";
  if (loads)
    text += "  mbarrier.try_wait.parity.shared.b64 %p1, [%m], 0; @!%p1 bra "
            "W;\n" +
            copy +
            "  ld.shared.u8 %r8, [%r7]; st.global.u8 [%d5], %r8; add.u32 %r6, "
            "%r6, 32; bra L;\nD:\n";
  return text + "ret; }\n";
}

std::string coordinates(unsigned rank) {
  std::string result = "{";
  for (unsigned axis = 0; axis < rank; ++axis)
    result += (axis ? ", %x" : "%x") + std::to_string(axis);
  return result + "}";
}

std::string shapeOf(unsigned rank) { return std::to_string(rank) + "d"; }

std::vector<uint8_t> randomBytes(Bits &random, size_t count) {
  std::vector<uint8_t> result(count);
  for (uint8_t &value : result)
    value = uint8_t(random.next() >> 7);
  return result;
}

bool isNan(const uint8_t *bytes, const Element &element) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, element.bytes);
  if (element.bytes == 8)
    return (value & ~(uint64_t(1) << 63)) > 0x7ff0000000000000;
  if (element.bytes == 4)
    return (value & 0x7fffffff) > 0x7f800000;
  return (value & 0x7fff) > (element.dataType == 9 ? 0x7f80u : 0x7c00u);
}

CUresult launch(Module &module, const Tile &tile, const CUtensorMap &map,
                CUdeviceptr memory) {
  return module.launch("k", {1, 32, 16384 + 64}, map, memory, tile.bytes(),
                       tile.start[0], tile.start[1], tile.start[2],
                       tile.start[3], tile.start[4]);
}

TEST(Tensor, LoadsOfEveryRankAndType) {
  NEEDS(90);
  Bits random(5);
  for (unsigned rank = 1; rank <= 5; ++rank) {
    Options options(rank % 2 ? "async=random" : "async=latest");
    Module module(kernel(
        rank,
        "mbarrier.arrive.expect_tx.shared.b64 %d4, [%m], %r2; "
        "cp.async.bulk.tensor." +
            shapeOf(rank) +
            ".shared::cluster.global.tile.mbarrier::complete_tx::bytes [%r1], "
            "[%d3, " +
            coordinates(rank) + "], [%m];",
        true));
    for (const Element &element : elements)
      for (unsigned round = 0; round < 6; ++round) {
        bool nan = element.isFloat && round % 2;
        Tile tile = drawTile(random, element, rank);
        std::vector<uint8_t> tensor = randomBytes(random, tile.tensorBytes());
        Buffer<uint8_t> memory(tensor), out(tile.bytes(), 0xee);
        alignas(128) CUtensorMap map;
        ASSERT_EQ(tile.encode(map, memory.address, nan), CUDA_SUCCESS);
        ASSERT_EQ(launch(module, tile, map, out.address), CUDA_SUCCESS)
            << quantcEmulatorReport();
        auto values = out.values();
        for (unsigned i = 0; i < tile.elementCount(); ++i) {
          const uint8_t *actual = &values[i * element.bytes];
          const uint8_t zeros[8] = {};
          int64_t place = tile.place(i);
          if (place < 0 && nan)
            ASSERT_TRUE(isNan(actual, element)) << "rank " << rank;
          else
            ASSERT_EQ(std::memcmp(actual, place < 0 ? zeros : &tensor[place],
                                  element.bytes),
                      0)
                << "rank " << rank << " type " << element.dataType
                << " element " << i;
        }
      }
  }
}

TEST(Tensor, StoresLeaveOutWhatIsOutside) {
  NEEDS(90);
  Bits random(6);
  for (unsigned rank = 1; rank <= 5; ++rank) {
    Options options("async=latest");
    Module module(kernel(rank,
                         "cp.async.bulk.tensor." + shapeOf(rank) +
                             ".global.shared::cta.tile.bulk_group [%d3, " +
                             coordinates(rank) +
                             "], [%r1]; cp.async.bulk.commit_group; "
                             "cp.async.bulk.wait_group 0;",
                         false));
    for (const Element &element : elements)
      for (unsigned round = 0; round < 4; ++round) {
        Tile tile = drawTile(random, element, rank);
        auto tensor = randomBytes(random, tile.tensorBytes()),
             source = randomBytes(random, tile.bytes());
        Buffer<uint8_t> memory(tensor), in(source);
        alignas(128) CUtensorMap map;
        ASSERT_EQ(tile.encode(map, memory.address, false), CUDA_SUCCESS);
        ASSERT_EQ(launch(module, tile, map, in.address), CUDA_SUCCESS)
            << quantcEmulatorReport();
        for (unsigned i = 0; i < tile.elementCount(); ++i)
          if (int64_t place = tile.place(i); place >= 0)
            std::memcpy(&tensor[place], &source[i * element.bytes],
                        element.bytes);
        ASSERT_EQ(memory.values(), tensor) << "rank " << rank;
      }
  }
}

TEST(Tensor, ReductionsOfTiles) {
  NEEDS(90);
  struct {
    const char *operation;
    int dataType;
    uint32_t (*combine)(uint32_t, uint32_t);
  } const cases[] = {
      {"add", 2, [](uint32_t a, uint32_t b) { return a + b; }},
      {"add", 3, [](uint32_t a, uint32_t b) { return a + b; }},
      {"min", 2, [](uint32_t a, uint32_t b) { return std::min(a, b); }},
      {"max", 3,
       [](uint32_t a, uint32_t b) {
         return uint32_t(std::max(int32_t(a), int32_t(b)));
       }},
      {"and", 2, [](uint32_t a, uint32_t b) { return a & b; }},
      {"or", 2, [](uint32_t a, uint32_t b) { return a | b; }},
      {"xor", 2, [](uint32_t a, uint32_t b) { return a ^ b; }}};
  Bits random(7);
  for (const auto &each : cases) {
    SCOPED_TRACE(each.operation);
    Options options;
    Module module(kernel(2,
                         "cp.reduce.async.bulk.tensor.2d.global.shared::cta." +
                             std::string(each.operation) +
                             ".tile.bulk_group [%d3, {%x0, %x1}], [%r1]; "
                             "cp.async.bulk.commit_group; "
                             "cp.async.bulk.wait_group 0;",
                         false));
    Tile tile = drawTile(random, {each.dataType, 4, false}, 2);
    tile.start[0] = -1;
    auto tensor = randomBytes(random, tile.tensorBytes()),
         source = randomBytes(random, tile.bytes());
    Buffer<uint8_t> memory(tensor), in(source);
    alignas(128) CUtensorMap map;
    ASSERT_EQ(tile.encode(map, memory.address, false), CUDA_SUCCESS);
    ASSERT_EQ(launch(module, tile, map, in.address), CUDA_SUCCESS)
        << quantcEmulatorReport();
    for (unsigned i = 0; i < tile.elementCount(); ++i)
      if (int64_t place = tile.place(i); place >= 0) {
        uint32_t a, b;
        std::memcpy(&a, &tensor[place], 4);
        std::memcpy(&b, &source[i * 4], 4);
        a = each.combine(a, b);
        std::memcpy(&tensor[place], &a, 4);
      }
    ASSERT_EQ(memory.values(), tensor);
  }
}

// Every CTA of a cluster of four fetches a quarter of the tile for all.
TEST(Tensor, MulticastReachesEveryCTA) {
  NEEDS(90);
  for (const char *schedule :
       {"async=earliest", "async=latest", "order=random,async=random,seed=1",
        "order=random,async=random,seed=2"}) {
    Options options(schedule);
    Module module(R"(
.extern .shared .align 1024 .b8 smem[];
.visible .entry k(.param .align 64 .b8 map[128], .param .u64 out) {
  .reg .pred %p<4>; .reg .b16 %h; .reg .b32 %r<16>; .reg .b64 %d<8>;
  mov.u32 %r0, %tid.x; mov.u32 %r1, smem; setp.eq.u32 %p0, %r0, 0; ld.param.u64 %d1, [out];
  @%p0 mbarrier.init.shared.b64 [%r1+16384], 1;
  @%p0 fence.mbarrier_init.release.cluster;
  @%p0 mbarrier.arrive.expect_tx.shared.b64 %d4, [%r1+16384], 2048;
  barrier.cluster.arrive.release.aligned; barrier.cluster.wait.acquire.aligned;
  mov.u32 %r2, %cluster_ctarank; shl.b32 %r3, %r2, 3; shl.b32 %r4, %r2, 9; add.u32 %r4, %r4, %r1; mov.u32 %r5, 0; mov.b16 %h, 15;
  mov.b64 %d2, map; cvta.param.u64 %d3, %d2; add.u32 %r6, %r1, 16384;
  @%p0 cp.async.bulk.tensor.2d.shared::cluster.global.tile.mbarrier::complete_tx::bytes.multicast::cluster [%r4], [%d3, {%r5, %r3}], [%r6], %h;
W: mbarrier.try_wait.parity.acquire.cluster.shared::cta.b64 %p1, [%r1+16384], 0;
  @!%p1 bra W;
  mov.u32 %r7, %ctaid.x; shl.b32 %r8, %r7, 11; shl.b32 %r9, %r0, 4; add.u32 %r8, %r8, %r9; cvt.u64.u32 %d5, %r8; add.u64 %d5, %d5, %d1; add.u32 %r9, %r9, %r1;
  ld.shared.v4.u32 {%r10, %r11, %r12, %r13}, [%r9]; st.global.v4.u32 [%d5], {%r10, %r11, %r12, %r13};
  barrier.cluster.arrive.aligned; barrier.cluster.wait.aligned;
  ret;
})");
    Bits random(8);
    auto tensor = randomBytes(random, 2048);
    Buffer<uint8_t> memory(tensor), out(8192, 0);
    alignas(128) CUtensorMap map;
    uint64_t sizes[] = {64, 32}, strides[] = {64};
    uint32_t box[] = {64, 8}, steps[] = {1, 1};
    ASSERT_EQ(cuTensorMapEncodeTiled(&map, 0, 2,
                                     reinterpret_cast<void *>(memory.address),
                                     sizes, strides, box, steps, 0, 0, 0, 0),
              CUDA_SUCCESS);
    ASSERT_EQ(module.launch("k", {4, 128, 16384 + 64, 4}, map, out.address),
              CUDA_SUCCESS)
        << schedule << quantcEmulatorReport();
    auto values = out.values();
    for (unsigned i = 0; i < 8192; ++i)
      ASSERT_EQ(values[i], tensor[i % 2048]) << schedule << " byte " << i;
  }
}

} // namespace
