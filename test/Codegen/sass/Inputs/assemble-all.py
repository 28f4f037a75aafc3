"""assemble-all.py PTXAS CHIP FOLDER: ptxas has to accept every module."""

import concurrent.futures
import pathlib
import subprocess
import sys

ptxas, chip, folder = sys.argv[1:]


def assemble(path):
    command = [ptxas, f"-arch={chip}", str(path), "-o", str(path.with_suffix(".cubin"))]
    done = subprocess.run(command, capture_output=True, text=True)
    return f"{path}: {done.stdout}{done.stderr}" if done.returncode else ""


files = sorted(pathlib.Path(folder).glob("*.ptx"))
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    errors = [error for error in pool.map(assemble, files) if error]
print("".join(errors), end="")
print(f"assembled {len(files)} modules" if not errors else f"{len(errors)} modules refused")
sys.exit(bool(errors))
