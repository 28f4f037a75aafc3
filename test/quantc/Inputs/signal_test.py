#===- signal_test.py - what a signal leaves of a running command ----------===#
#
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#
#===-----------------------------------------------------------------------===#
"""signal_test.py DIR SIGNAL TOOL ARGUMENTS... runs the command, whose input
DIR/pipe is a pipe that nobody writes to, sends it the signal when it has opened
its output, and checks that nothing in DIR was made, changed or removed. Prints
how it ended and its messages for FileCheck.
"""

import os
import pathlib
import signal
import subprocess
import sys
import time


def list_files(folder: pathlib.Path) -> list[str]:
    return sorted(str(path) for path in folder.rglob("*"))


def main() -> None:
    folder, name, command = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    os.mkfifo(folder / "pipe")
    before = list_files(folder)
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while list_files(folder) == before:
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            sys.exit("signal_test.py: expected a temporary file")
        time.sleep(0.01)
    # The file is there a moment before the command knows that it is to remove it.
    time.sleep(0.2)
    process.send_signal(getattr(signal, name))
    try:
        messages = process.communicate(timeout=60)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        sys.exit("signal_test.py: expected the command to end")
    print(f"exit code {process.returncode}\n{messages}end of messages")
    if list_files(folder) != before:
        sys.exit(f"signal_test.py: expected {before}, but got {list_files(folder)}")


if __name__ == "__main__":
    main()
