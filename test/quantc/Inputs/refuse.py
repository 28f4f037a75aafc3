#===- refuse.py - check that a command refuses its input ------------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""refuse.py DIR TOOL ARGUMENTS... runs the command and checks that

* it exits with code 1,
* it prints exactly one error, in the form of the tool's messages,
* nothing in DIR was made, changed or removed.

Prints the error for FileCheck.
"""

import pathlib
import subprocess
import sys


def snapshot(folder: pathlib.Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
    }


def main() -> None:
    folder, command = pathlib.Path(sys.argv[1]), sys.argv[2:]
    before = snapshot(folder)
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    print(result.stderr, end="")

    failures = []
    if result.returncode != 1:
        failures.append(f"expected exit code 1, but got {result.returncode}")
    errors = [line for line in result.stderr.splitlines() if "error:" in line]
    if len(errors) != 1:
        failures.append(f"expected one error, but got {len(errors)}")
    if result.stdout:
        failures.append(f"expected nothing on stdout, but got {result.stdout!r}")
    after = snapshot(folder)
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            failures.append(f"expected {path} to stay as it was")
    for failure in failures:
        print(f"refuse.py: {failure}", file=sys.stderr)
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
