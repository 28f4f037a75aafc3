#===- descriptions.py - Debian's package descriptions ----------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Pairs of a short and a long description, one of each source package."""

import hashlib
import os
import re
import subprocess

# Languages are off on many machines without a screen.
APT = ["-o", "Acquire::Languages=en"]
SHORTEST = 200  # characters of a long description that says something


def stanzas():
    """The fields of every package in apt's index, with continuation lines."""
    names = subprocess.run(["apt-cache", *APT, "pkgnames"], text=True,
                           capture_output=True, check=True).stdout.split()
    shown = subprocess.run(["xargs", "apt-cache", *APT, "show", "--no-all-versions"],
                           input="\n".join(sorted(names)), text=True,
                           capture_output=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    for text in shown.stdout.split("\n\n"):
        yield dict(re.findall(r"^([A-Za-z0-9-]+): ?(.*(?:\n .*)*)", text, re.M))


def pairs():
    """Returns [(short, long)], in an order that depends on the names alone."""
    found = {}
    for fields in stanzas():
        description = fields.get("Description-en", "")
        short, _, rest = description.partition("\n")
        # Paragraphs end with a dot on a line of its own; lists are left out.
        lines = [line[1:] for line in rest.splitlines()]
        long = " ".join(line.strip() for line in lines
                        if line.strip() != "." and not line.startswith(" "))
        source = fields.get("Source", fields.get("Package", "")).split(" ")[0]
        if len(long) < SHORTEST or len(short) < 20:
            continue
        known = found.get(source)
        if known is None or fields["Package"] < known[0]:
            found[source] = (fields["Package"], short, long)

    # Descriptions that several sources share would make retrieval ambiguous.
    unique = {long: (source, short, long) for source, (_, short, long) in found.items()}

    def order(entry):
        return hashlib.sha256(entry[0].encode()).digest()

    return [(short, long) for _, short, long in sorted(unique.values(), key=order)]
