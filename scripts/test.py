"""Runs lit, the gtest binaries and pytest, and counts their tests.

The last line is `N passed, 0 failed` (`, N skipped` where tests were skipped,
each named above it). Exit code 0 when nothing failed, else 1.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, [], []

    def add(self, suite, name, outcome):
        if outcome == "passed":
            self.passed += 1
        elif outcome == "skipped":
            self.skipped.append(f"{suite}: {name}")
        else:
            self.failed.append(f"{suite}: {name}")


def run_lit(tally, folder):
    report = folder / "lit.json"
    lit = pathlib.Path(sys.executable).parent / "lit"
    command = [lit, "-q", "-o", report, BUILD / "test"]
    code = subprocess.run(command).returncode
    if not report.exists():
        return tally.add("lit", f"did not run (exit code {code})", "failed")
    for test in json.loads(report.read_text())["tests"]:
        outcome = {"PASS": "passed", "XFAIL": "passed", "UNSUPPORTED": "skipped"}
        tally.add("lit", test["name"], outcome.get(test["code"], "failed"))


def run_gtest(tally, folder):
    for binary in sorted((BUILD / "unittests").glob("*Tests")):
        report = folder / f"{binary.name}.json"
        code = subprocess.run(
            [binary, "--gtest_brief=1", f"--gtest_output=json:{report}"],
            env={**os.environ, "QUANTC_SOURCE_DIR": str(ROOT)},
        ).returncode
        if not report.exists():
            tally.add("gtest", f"{binary.name} ended with exit code {code}", "failed")
            continue
        for suite in json.loads(report.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                skipped = test["result"] == "SKIPPED"
                outcome = "failed" if test.get("failures") else "skipped" if skipped else "passed"
                tally.add("gtest", f"{suite['name']}.{test['name']}", outcome)


def run_pytest(tally, folder):
    report = folder / "pytest.xml"
    env = {**os.environ, "PYTHONPATH": str(ROOT / "python"), "QUANTC_BUILD_DIR": str(BUILD)}
    code = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", ROOT / "python" / "tests"],
        env=env,
        cwd=ROOT,
    ).returncode
    if not report.exists():
        return tally.add("pytest", f"did not run (exit code {code})", "failed")
    for case in ET.parse(report).getroot().iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = (
            "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        )
        tally.add("pytest", f"{case.get('classname')}.{case.get('name')}", outcome)


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for name, suite in (("lit", run_lit), ("gtest", run_gtest), ("pytest", run_pytest)):
            print(f"test: running {name}", flush=True)
            suite(tally, pathlib.Path(folder))
    for name in tally.skipped:
        print(f"skipped: {name}")
    for name in tally.failed:
        print(f"failed: {name}")
    skipped = f", {len(tally.skipped)} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {len(tally.failed)} failed{skipped}")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
