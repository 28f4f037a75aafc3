#===- compare_sensitivity.py - one site alone, measured twice -------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""compare_sensitivity.py SENSITIVITY EVAL: the site 'head' of a sensitivity
file against what quantc eval says of the model with only that site quantized."""

import json
import math
import pathlib
import sys

sensitivity, evaluation = (json.loads(pathlib.Path(p).read_text())
                           for p in sys.argv[1:])
[site] = sensitivity["sites"]
assert site["site"] == "head", site
assert site["kl_divergence"] > 0, site
# eval leaves out rows without a label, and sums in another order.
ratio = 10 ** (-evaluation["sqnr_db"] / 10)
assert math.isclose(site["noise_to_signal"], ratio, rel_tol=0.1), (site, ratio)
assert math.isclose(site["kl_divergence"], evaluation["kl_divergence"],
                    rel_tol=0.1), (site, evaluation)
