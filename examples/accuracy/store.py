#===- store.py - rows that were measured before ----------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Keeps what was measured, by a key of all that it was measured of."""

import dataclasses
import functools
import hashlib
import json
import os


@dataclasses.dataclass
class Row:
    """What was measured of one bundle."""
    model: str
    recipe: str
    values: dict  # name: (value, lower limit, upper limit)
    lines: list  # of the table, each a list of cells
    seconds: float = 0.0  # of processors' time that it took to make and measure
    cached: bool = False


@functools.cache
def digest_file(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def digest(*parts):
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def processor_seconds():
    """Of this process and its children: what else the machine does is not in it."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Store:
    """Rows in a folder, one file each.

    A row is taken from there if compiler, recipe, model and data are what they were.
    With `keep` the compiler may be another one; with `again` nothing is taken.
    """

    def __init__(self, folder, compiler, keep=False, again=False):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.compiler = folder, digest_file(compiler)
        self.keep, self.again = keep, again

    def read(self, name, key):
        """What was noted under `name` for the same key, or None."""
        path = self.folder / f"{name}.json"
        if self.again or not path.exists():
            return None
        document = json.loads(path.read_text())
        same = document["compiler"] == self.compiler or self.keep
        return document["noted"] if same and document["key"] == key else None

    def note(self, name, key, noted):
        part = self.folder / f"{name}.part"
        part.write_text(json.dumps({"compiler": self.compiler, "key": key,
                                    "noted": noted}, indent=1))
        part.rename(self.folder / f"{name}.json")

    def load(self, recipe, key):
        """The row, or None where it has to be measured."""
        noted = self.read(recipe, key)
        return noted and Row(**noted, cached=True)

    def measure(self, recipe, key, make):
        """The row from the store, or what `make` returns, which is kept and timed."""
        row = self.load(recipe, key)
        if row:
            return row
        begin = processor_seconds()
        row = make()
        row.seconds = processor_seconds() - begin
        noted = dataclasses.asdict(row)
        del noted["cached"]
        self.note(recipe, key, noted)
        return row
