#===- damage.py - safetensors files that lie ------------------------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""damage.py HOW IN OUT writes a damaged copy of a safetensors file.

truncate      the last byte is missing
no-header     the file ends inside the header
long-header   the header claims to be longer than the file
offset        the first tensor claims to end beyond the file
overlap       the second tensor claims the bytes of the first
drop          the first tensor is missing
transpose     the tensors' shapes are reversed
integers      the tensors claim to be I32
infinite-weight, nan-weight
              two elements of hidden.w are infinities, or NaN: [1, 5], [3, 0]
overflow      all elements are 3e38, nearly the largest f32
empty-mask, first-mask
              a tensor 'kept' [n, 3] of I32 is added to [n, 3, ..]: zeros, but for
              first-mask after six ones
nan           the fifth row begins with a NaN, the last ends with an infinity
"""

import json
import pathlib
import struct
import sys


def read(data: bytes) -> tuple[dict, bytes]:
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def join(header: dict, body: bytes) -> bytes:
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + body


def damage(how: str, data: bytes) -> bytes:
    header, body = read(data)
    header.pop("__metadata__", None)
    names = sorted(header, key=lambda name: header[name]["data_offsets"])
    first = header[names[0]]
    if how == "truncate":
        return data[:-1]
    if how == "no-header":
        return data[:20]
    if how == "long-header":
        return struct.pack("<Q", 1 << 60) + data[8:]
    if how == "offset":
        first["data_offsets"][1] += len(body)
    elif how == "overlap":
        header[names[1]] = first
    elif how == "drop":
        size = first["data_offsets"][1]
        del header[names[0]]
        for tensor in header.values():
            tensor["data_offsets"] = [offset - size for offset in tensor["data_offsets"]]
        body = body[size:]
    elif how == "transpose":
        for tensor in header.values():
            tensor["shape"].reverse()
    elif how == "integers":
        for tensor in header.values():
            tensor["dtype"] = "I32"
    elif how == "nan":
        row = len(body) // first["shape"][0]
        body = (body[: 4 * row] + struct.pack("<f", float("nan")) + body[4 * row + 4 : -4]
                + struct.pack("<f", float("inf")))
    elif how in ("empty-mask", "first-mask"):
        rows = first["shape"][0]
        header["kept"] = {"dtype": "I32", "shape": [rows, 3],
                          "data_offsets": [len(body), len(body) + 12 * rows]}
        kept = 6 if how == "first-mask" else 0
        body += b"".join(struct.pack("<i", i < kept) for i in range(3 * rows))
    elif how == "overflow":
        body = struct.pack("<f", 3e38) * (len(body) // 4)
    elif how in ("infinite-weight", "nan-weight"):
        values = (("inf", "-inf") if how == "infinite-weight" else ("nan", "nan"))
        begin, columns = header["hidden.w"]["data_offsets"][0], header["hidden.w"]["shape"][1]
        data = bytearray(body)
        for (row, column), value in zip(((1, 5), (3, 0)), values):
            struct.pack_into("<f", data, begin + 4 * (row * columns + column), float(value))
        body = bytes(data)
    else:
        raise ValueError(f"expected a kind of damage, but got {how}")
    return join(header, body)


if __name__ == "__main__":
    source, target = map(pathlib.Path, sys.argv[2:])
    target.write_bytes(damage(sys.argv[1], source.read_bytes()))
