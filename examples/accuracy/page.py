#===- page.py - tables for people ------------------------------------------===#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#===------------------------------------------------------------------------===#
"""Aligns tables, and puts them into the page that shows them."""

from quantc import tensors


def text_table(lines, left):
    """Lines of cells as text, the first `left` columns to the left."""
    widths = [max(map(len, column)) for column in zip(*lines)]
    return "\n".join("  ".join(
        cell.ljust(width) if index < left else cell.rjust(width)
        for index, (cell, width) in enumerate(zip(line, widths))).rstrip()
        for line in lines)


def replace(text, name, table):
    """The page with another table between its marks of that name."""
    begin, end = f"<!-- begin {name} -->\n", f"<!-- end {name} -->\n"
    if text.count(begin) != 1 or text.count(end) != 1 or text.find(end) < text.find(begin):
        raise ValueError(f"expected one '{begin.strip()}' and after it one "
                         f"'{end.strip()}' in the page")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    return f"{before}{begin}```\n{table}\n```\n{end}{after}"


def check(path, names):
    """Fails where the page lacks the marks of a table."""
    for name in names:
        replace(path.read_text(), name, "")


def write_file(path, text):
    """Writes the whole file, or leaves the one that is there."""
    tensors.write_atomically(path, lambda file: file.write(text.encode()))


def write(path, tables):
    """Replaces the tables, {name: text}, of a page."""
    text = path.read_text()
    for name, table in tables.items():
        text = replace(text, name, table)
    write_file(path, text)
