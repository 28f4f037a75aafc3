#===- edit_statistics.py - statistics files that contradict others --------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""edit_statistics.py HOW IN OUT writes an edited copy of a statistics file.

channels      the first observer has five channels along axis 0
observer      the last observer is missing
name          the first observer has another name
count         the first observer has counted as much as a file can say
samples       so has the data set
first-bin     the first observer's histogram begins far outside
"""

import json
import pathlib
import sys

LARGEST = (1 << 63) - 1


def main() -> None:
    how, source, target = sys.argv[1:]
    statistics = json.loads(pathlib.Path(source).read_text())
    first = statistics["observers"][0]
    if how == "channels":
        first |= {"axis": 0, "channel_min": [0] * 5, "channel_max": [1] * 5}
    elif how == "observer":
        statistics["observers"].pop()
    elif how == "name":
        first["name"] = "other"
    elif how == "count":
        first["histogram"]["counts"][0] += LARGEST - first["count"]
        first["count"] = LARGEST
    elif how == "samples":
        statistics["samples"] = LARGEST
    elif how == "first-bin":
        first["histogram"]["first_bin"] = LARGEST
    else:
        sys.exit(f"edit_statistics.py: no such edit: {how}")
    pathlib.Path(target).write_text(json.dumps(statistics))


if __name__ == "__main__":
    main()
