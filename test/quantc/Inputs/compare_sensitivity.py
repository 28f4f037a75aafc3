#===- compare_sensitivity.py - one site alone, measured twice -------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compare_sensitivity.py [--choice CANDIDATE] SENSITIVITY EVAL: the site 'head', or
all sites with one candidate, of a sensitivity file against what quantc eval says of the
model that is quantized so."""

import argparse
import json
import math
import pathlib

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--choice")
parser.add_argument("files", nargs=2)
arguments = parser.parse_args()
sensitivity, evaluation = (json.loads(pathlib.Path(p).read_text())
                           for p in arguments.files)
if arguments.choice:
    [site] = [choice for choice in sensitivity["choices"]
              if set(choice["sites"].values()) == {arguments.choice}]
    assert set(site["sites"]) == {"hidden", "head"}, site
else:
    [site] = sensitivity["sites"]
    assert site["site"] == "head", site
assert site["kl_divergence"] > 0, site
# Sums of doubles in another order.
ratio = 10 ** (-evaluation["sqnr_db"] / 10)
assert math.isclose(site["noise_to_signal"], ratio, rel_tol=1e-9), (site, ratio)
assert math.isclose(site["kl_divergence"], evaluation["kl_divergence"],
                    rel_tol=1e-9), (site, evaluation)
