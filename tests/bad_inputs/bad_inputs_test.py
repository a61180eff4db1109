#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every bad input in cases.txt is refused: with exactly the text that stands there, exit code 2, nothing on stdout
and nothing written.

  bad_inputs_test.py PROGRAM             compare
  bad_inputs_test.py PROGRAM --approve   write what the program says into cases.txt, to be read and committed

cases.txt is a transcript. A case is a block of lines: comments (#), commands ($) and what the last command says. The
commands before it prepare. Each case has a folder of its own to run in: the contents of cases/ and, for those that ask
for it with --data, a copy of migsim's data folder to spoil. The folder's own path is left out of what the program says.
"""
import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from multiprocessing.pool import ThreadPool

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TRANSCRIPT = HERE / "cases.txt"
DATA = ["models/devices", "partition/boards", "scenarios/library"]
GOOD = ["fine.yaml", "reconfiguration.yaml", "layouts.yaml", "measured.json"]  # the files that nothing is wrong with: what the others are made from


class Case:
    def __init__(self, block):
        lines = block.splitlines()
        self.head = [line for line in lines if line.startswith(("#", "$"))]
        self.commands = [line[2:] for line in self.head if line.startswith("$ ")]
        self.expected = lines[len(self.head):]
        assert self.head == lines[:len(self.head)], f"cases.txt: comments and commands stand first:\n{block}"

    def block(self):
        return "\n".join(self.head + self.expected)


def read_transcript():
    blocks = [block for block in TRANSCRIPT.read_text().split("\n\n") if block.strip()]
    return blocks[0], [Case(block.strip("\n")) for block in blocks[1:]]


def run(command, folder, program):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MIGSIM_")}
    environment["LC_ALL"] = "C.UTF-8"
    script = f'migsim() {{ "{program}" "$@"; }}\n{command}'
    done = subprocess.run(["sh", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    text = done.stderr.decode(errors="backslashreplace")
    return done.returncode, done.stdout, text.replace(f"{folder}/", "").replace(f"{folder}", ".")


def contents(folder):
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
            for path in sorted(folder.rglob("*"))}


def make_folder(parent, commands):
    folder = pathlib.Path(tempfile.mkdtemp(dir=parent))
    shutil.copytree(HERE / "cases", folder, dirs_exist_ok=True)
    if any("--data data" in command for command in commands):
        for part in DATA:
            shutil.copytree(ROOT / part, folder / "data" / part)
    return folder


def complaints_about(case, parent, program, approve):
    folder = make_folder(parent, case.commands)
    before = contents(folder)
    for command in case.commands[:-1]:
        code, _, text = run(command, folder, program)
        if code != 0:
            return [f"`{command}` failed: {text}"]
    prepared = contents(folder)
    if len(case.commands) > 1 and prepared == before:
        return [f"`{case.commands[0]}` changed nothing"]

    code, stdout, stderr = run(case.commands[-1], folder, program)
    complaints = []
    if code != 2:
        complaints.append(f"exit code {code}, not 2")
    if stdout:
        complaints.append(f"on stdout: {stdout.decode(errors='replace')}")
    after = contents(folder)
    if after != prepared:
        changed = sorted(name for name in {**prepared, **after}
                         if name not in prepared or name not in after or prepared[name] != after[name])
        complaints.append("written: " + ", ".join(changed))
    said = stderr.splitlines()
    if not said:
        complaints.append("nothing on stderr")
    if approve:
        case.expected = said
    elif said != case.expected:
        complaints.append("\n    ".join(["expected:"] + case.expected))
        complaints.append("\n    ".join(["said:"] + said))
    return complaints


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--approve", action="store_true")
    arguments = parser.parse_args()
    program = arguments.program.resolve()
    heading, cases = read_transcript()
    failed = 0

    def fail(what, complaints):
        nonlocal failed
        failed += 1
        print("\n  ".join([f"FAILED: {what}"] + complaints))

    with tempfile.TemporaryDirectory() as parent:
        # Or else everything might be refused for a reason that has nothing to do with the case. What the documentation
        # shows must be good, too.
        for command in [f"""sed -n '/^```yaml/,/^```/{{/```/!p;/^```$/q}}' "{ROOT}/scenarios/README.md" > example.yaml""" +
                        " && migsim check example.yaml",
                        "migsim check fine.yaml --data data",
                        "migsim check reconfiguration.yaml",
                        "migsim validate --against measured.json --quiet",
                        "migsim check fine.yaml --set layout='{mig_parted: layouts.yaml, label: uneven}'"]:
            code, _, text = run(command, make_folder(parent, [command]), program)
            if code != 0:
                fail(command, [f"exit code {code}, but nothing is wrong with this one", text])
        with ThreadPool() as pool:
            all_complaints = pool.map(lambda case: complaints_about(case, parent, program, arguments.approve), cases)
        for case, complaints in zip(cases, all_complaints):
            if complaints:
                fail(case.commands[-1], complaints)
    for file in sorted((HERE / "cases").iterdir()):
        if file.name not in GOOD and not any(file.name in case.commands[-1] for case in cases):
            fail(file.name, ["is in no case of cases.txt"])

    if arguments.approve:
        TRANSCRIPT.write_text("\n\n".join([heading] + [case.block() for case in cases]) + "\n")
    print(f"{len(cases)} bad inputs, {failed} failures")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
