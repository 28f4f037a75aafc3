#===- triton_kernels.py - the kernel families, as one writes them in Triton ===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""What triton_main_loop.py compiles. Operands lie along k, as ours do once weights
are packed; sizes are multiples of their tiles, but for the rows of the convolution.
"""

import triton
import triton.language as tl


@triton.jit
def multiply(left, right, K, TOTAL: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
             BK: tl.constexpr):
    """The sum over k of two tiles, both with k as their last dimension, that move
    along it. (Loaded with k first, tiles of bytes would be permuted in registers.)"""
    total = tl.zeros((BM, BN), dtype=TOTAL)
    for _ in range(0, K // BK):
        total = tl.dot(tl.load(left), tl.trans(tl.load(right)), total, out_dtype=TOTAL)
        left += BK
        right += BK
    return total


@triton.jit
def product(x, w, y, M, N, K, TOTAL: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
            BK: tl.constexpr):
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    inner = tl.arange(0, BK)
    total = multiply(x + rows[:, None] * K + inner[None, :],
                     w + columns[:, None] * K + inner[None, :], K, TOTAL, BM, BN, BK)
    tl.store(y + rows[:, None] * N + columns[None, :], total)


@triton.jit
def layer(x, w, bias, scale, y, M, N, K, RESULT: tl.constexpr, BM: tl.constexpr,
          BN: tl.constexpr, BK: tl.constexpr):
    """Bytes with an integer and a scale for each channel, rounded to bytes or f8, or
    left in f32. The integer is what zero points add."""
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    inner = tl.arange(0, BK)
    total = multiply(x + rows[:, None] * K + inner[None, :],
                     w + columns[:, None] * K + inner[None, :], K, tl.int32, BM, BN, BK)
    value = (total + tl.load(bias + columns)[None, :]).to(tl.float32)
    value = value * tl.load(scale + columns)[None, :]
    if RESULT == tl.int8:
        # Round half to even: adding 1.5 * 2^23 leaves no bits below one.
        value = (tl.clamp(value, -128.0, 127.0) + 12582912.0) - 12582912.0
    elif RESULT == tl.float8e4nv:
        value = tl.clamp(value, -448.0, 448.0)
    tl.store(y + rows[:, None] * N + columns[None, :], value.to(RESULT))


@triton.jit
def attention(x, w, y, M, N, K, TOTAL: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
              BK: tl.constexpr):
    head = tl.program_id(2)
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    inner = tl.arange(0, BK)
    total = multiply(x + head * M * K + rows[:, None] * K + inner[None, :],
                     w + head * N * K + columns[:, None] * K + inner[None, :], K, TOTAL, BM, BN, BK)
    tl.store(y + head * M * N + rows[:, None] * N + columns[None, :], total)


@triton.jit
def split(x, w, y, M, N, K, depth, TOTAL: tl.constexpr, BM: tl.constexpr, BN: tl.constexpr,
          BK: tl.constexpr):
    """The sums of one part of k, `depth` of it; another kernel adds the parts, in order."""
    part = tl.program_id(2)
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    inner = part * depth + tl.arange(0, BK)
    total = multiply(x + rows[:, None] * K + inner[None, :],
                     w + columns[:, None] * K + inner[None, :], depth, TOTAL, BM, BN, BK)
    tl.store(y + part * M * N + rows[:, None] * N + columns[None, :], total)


@triton.jit
def convolution(x, w, y, M, N, SIZE: tl.constexpr, WINDOW: tl.constexpr,
                CHANNELS: tl.constexpr, TOTAL: tl.constexpr, BM: tl.constexpr,
                BN: tl.constexpr, BK: tl.constexpr):
    """NHWC as an implicit product: rows are positions, k is window and channels. A
    tile along k lies inside of one place of the window."""
    out: tl.constexpr = SIZE - WINDOW + 1
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    inner = tl.arange(0, BK)
    inside = rows[:, None] < M
    image = rows // (out * out)
    place = rows % (out * out)
    corner = (image * SIZE + place // out) * SIZE + place % out
    left = x + corner[:, None] * CHANNELS + inner[None, :]
    right = w + columns[:, None] * (WINDOW * WINDOW * CHANNELS) + inner[None, :]
    total = tl.zeros((BM, BN), dtype=TOTAL)
    for k in range(0, WINDOW * WINDOW * CHANNELS, BK):
        window = k // CHANNELS
        moved = (window // WINDOW * SIZE + window % WINDOW) * CHANNELS + k % CHANNELS
        total = tl.dot(tl.load(left + moved, mask=inside, other=0),
                       tl.trans(tl.load(right + k)), total, out_dtype=TOTAL)
    tl.store(y + rows[:, None] * N + columns[None, :], total, mask=inside)


@triton.jit
def int4(x, w, scale, zero, y, M, N, K, BLOCK: tl.constexpr, BM: tl.constexpr,
         BN: tl.constexpr, BK: tl.constexpr):
    """f16 times two weights of four bits in a byte, scaled in blocks along k."""
    rows = tl.program_id(0) * BM + tl.arange(0, BM)
    columns = tl.program_id(1) * BN + tl.arange(0, BN)
    left = x + rows[:, None] * K + tl.arange(0, BK)[None, :]
    right = w + columns[:, None] * (K // 2) + tl.arange(0, BK // 2)[None, :]
    total = tl.zeros((BM, BN), dtype=tl.float32)
    for k in range(0, K, BK):
        both = tl.load(right + k // 2)
        numbers = tl.interleave(both & 15, both >> 4).to(tl.float16)
        block = columns * (K // BLOCK) + k // BLOCK
        weights = (numbers - tl.load(zero + block)[:, None]) * tl.load(scale + block)[:, None]
        total = tl.dot(tl.load(left + k), tl.trans(weights), total)
    tl.store(y + rows[:, None] * N + columns[None, :], total)


@triton.jit
def few_rows(x, w, y, M, N, K, BN: tl.constexpr, BK: tl.constexpr):
    """Four rows among the 16 that a matrix instruction has."""
    rows = tl.arange(0, 16)
    columns = tl.program_id(0) * BN + tl.arange(0, BN)
    inner = tl.arange(0, BK)
    left = x + rows[:, None] * K + inner[None, :]
    right = w + columns[:, None] * K + inner[None, :]
    total = tl.zeros((16, BN), dtype=tl.int32)
    for _ in range(0, K // BK):
        total = tl.dot(tl.load(left, mask=rows[:, None] < 4, other=0),
                       tl.trans(tl.load(right)), total, out_dtype=tl.int32)
        left += BK
        right += BK
    tl.store(y + rows[:, None] * N + columns[None, :], total, mask=rows[:, None] < 4)


@triton.jit
def softmax(x, y, N: tl.constexpr, WIDTH: tl.constexpr):
    """A program a row, in registers."""
    columns = tl.arange(0, WIDTH)
    row = tl.program_id(0) * N
    value = tl.load(x + row + columns, mask=columns < N, other=float("-inf"))
    power = tl.exp(value - tl.max(value))
    tl.store(y + row + columns, power / tl.sum(power), mask=columns < N)
