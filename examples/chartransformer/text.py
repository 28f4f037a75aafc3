#===- text.py - the text of the character transformer ----------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Reads the fortunes of Debian's fortunes and fortunes-min as tokens.

The text is pinned by a checksum: another version of the packages is refused
rather than silently giving another model.
"""

import hashlib
import pathlib
import random

import numpy as np

DIRECTORY = pathlib.Path("/usr/share/games/fortunes")

# English prose of both packages (version 1:1.99.1-7.3). Drawings and word
# lists teach a language model little, song texts are not free, and a few
# collections are in poor taste.
FILES = """computers cookie debian definitions disclaimer education food
fortunes goedel humorists kids law linux linuxcookie literature love magic
medicine miscellaneous news paradoxum people perl pets platitudes politics
riddles science sports startrek tao wisdom work zippy""".split()

SHA256 = "4b3d8ade4e0c7f54fab99f5f21d85924c335a82f2e856eb581929bf7ec9d22cf"

# Token 0 is the line feed, token i is the character 31 + i.
ALPHABET = "\n" + "".join(chr(code) for code in range(32, 127))

EVALUATION_CHARACTERS = 900 * 128


def encode(text):
    index = {character: token for token, character in enumerate(ALPHABET)}
    return np.array([index[character] for character in text], np.int32)


def decode(tokens):
    return "".join(ALPHABET[token] for token in tokens)


def fortunes():
    """Returns all distinct fortunes that are plain ASCII, in file order."""
    distinct = {}
    for name in FILES:
        text = (DIRECTORY / name).read_text("utf-8", errors="replace")
        for fortune in text.expandtabs(8).split("\n%\n"):
            lines = [line.rstrip() for line in fortune.strip("\n%").split("\n")]
            fortune = "\n".join(lines)
            if fortune and all(c in ALPHABET for c in fortune):
                distinct[fortune] = None
    return list(distinct)


def load():
    """Returns (training tokens, evaluation tokens).

    Whole fortunes are drawn for evaluation, so no sentence is in both parts.
    """
    texts = fortunes()
    digest = hashlib.sha256("\n%\n".join(texts).encode()).hexdigest()
    if digest != SHA256:
        raise SystemExit(
            f"expected the fortunes of fortunes 1:1.99.1-7.3 "
            f"(sha256 {SHA256}), but got {digest}")
    random.Random(2).shuffle(texts)
    held_out, characters = 0, 0
    # One token more than the windows: the last one needs a label.
    while characters < EVALUATION_CHARACTERS + 1:
        characters += len(texts[held_out]) + 3
        held_out += 1
    def join(part):
        return encode("".join(text + "\n%\n" for text in part))

    return (join(texts[held_out:]),
            join(texts[:held_out])[:EVALUATION_CHARACTERS + 1])
