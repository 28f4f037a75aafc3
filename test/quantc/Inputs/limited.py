#===- limited.py - run a script as on a full disk -------------------------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""limited.py BYTES SCRIPT ARGUMENTS... runs a Python script whose processes
cannot write files beyond BYTES."""

import os
import resource
import sys

if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
    os.execv(sys.executable, [sys.executable, *sys.argv[2:]])
