# SPDX-License-Identifier: Apache-2.0
"""Every rule of check_layering speaks up in a small tree that breaks it once, and only then."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "check_layering"
LICENCE = "// SPDX-License-Identifier: Apache-2.0"


class CheckLayering(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for path in ("models/base/time.h", "models/messages/kernel.h", "models/address/hash.h", "models/l2/slice.h",
                     "models/sm/sm.h", "models/gpu/shape.h", "models/driver/driver.h", "partition/layout.h",
                     "workloads/stream.h", "scenarios/loader.h", "tests/support.h"):
            self.write(path)

    def write(self, path, *lines):
        file = pathlib.Path(self.folder.name, path)
        file.parent.mkdir(parents=True, exist_ok=True)
        head = [LICENCE, "#pragma once"] if path.endswith(".h") else [LICENCE]
        file.write_text("\n".join([*head, *lines]) + "\n", encoding="utf-8")

    def breaches(self):
        done = subprocess.run([sys.executable, "-B", SCRIPT, self.folder.name], capture_output=True, text=True, check=False)
        found = done.stdout.splitlines()
        self.assertEqual(done.returncode, 1 if found else 0, done.stderr)
        return found

    def assert_breach(self, place, *words):
        """Exactly one breach, at that file and line, whose text has these words."""
        found = self.breaches()
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(place + ": "), found)
        for word in words:
            self.assertIn(word, found[0])

    def test_a_tree_that_follows_the_arrows_passes(self):
        self.write("models/l2/slice.cpp", '#include "models/l2/slice.h"', '#include "models/messages/kernel.h"',
                   '#include "models/base/time.h"', "#include <systemc>")
        self.write("models/gpu/gpu.cpp", '#include "models/l2/slice.h"', '#include "models/sm/sm.h"')
        self.write("partition/layout.cpp", '#include "models/gpu/shape.h"', '#include "models/address/hash.h"')
        self.write("workloads/stream.cpp", '#include "models/driver/driver.h"')
        self.write("scenarios/main.cpp", "#include <CLI/CLI.hpp>", '#include "migsim_version.h"',
                   '#include "partition/layout.h"', '#include "workloads/stream.h"')
        self.write("tests/l2_test.cpp", '#include "models/l2/slice.h"', '#include "scenarios/loader.h"')
        self.assertEqual(self.breaches(), [])

    def test_an_empty_tree_is_not_a_good_one(self):
        with tempfile.TemporaryDirectory() as nothing:
            done = subprocess.run([sys.executable, "-B", SCRIPT, nothing], capture_output=True, check=False)
        self.assertEqual(done.returncode, 1)

    def test_each_arrow_is_refused_backwards(self):
        for path, target in (
                ("models/base/x.cpp", "models/messages/kernel.h"),
                ("models/messages/x.cpp", "models/l2/slice.h"),
                ("models/messages/x.cpp", "models/address/hash.h"),
                ("models/address/x.cpp", "models/l2/slice.h"),
                ("models/l2/x.cpp", "models/gpu/shape.h"),
                ("models/driver/x.cpp", "models/gpu/shape.h"),
                ("models/gpu/x.cpp", "partition/layout.h"),
                ("models/gpu/x.cpp", "workloads/stream.h"),
                ("partition/x.cpp", "models/l2/slice.h"),
                ("partition/x.cpp", "scenarios/loader.h"),
                ("workloads/x.cpp", "models/sm/sm.h"),
                ("scenarios/x.cpp", "tests/support.h")):
            with self.subTest(path=path, target=target):
                self.write(path, "", f'#include "{target}"')
                self.assert_breach(f"{path}:3", "must not include", target.rsplit("/", 1)[0])
                pathlib.Path(self.folder.name, path).unlink()

    def test_blocks_never_include_each_other(self):
        self.write("models/l2/slice.cpp", '#include "models/sm/sm.h"')
        self.assert_breach("models/l2/slice.cpp:2", "models/l2 must not include models/sm")

    def test_partition_and_workloads_do_not_know_each_other(self):
        self.write("partition/layout.cpp", '#include "workloads/stream.h"')
        self.assert_breach("partition/layout.cpp:2", "partition must not include workloads")
        self.write("partition/layout.cpp")
        self.write("workloads/stream.cpp", '#include "partition/layout.h"')
        self.assert_breach("workloads/stream.cpp:2", "workloads must not include partition")

    def test_an_include_starts_at_the_root(self):
        self.write("models/l2/slice.cpp", '#include "slice.h"')
        self.assert_breach("models/l2/slice.cpp:2", "no file below the repository root")

    def test_a_folder_outside_the_design_is_refused(self):
        self.write("models/tensor/unit.cpp")
        self.assert_breach("models/tensor/unit.cpp:1", "models/tensor is no folder of the design")

    def test_only_config_reads_yaml(self):
        self.write("models/base/config/reader.cpp", "#include <yaml-cpp/yaml.h>")
        self.assertEqual(self.breaches(), [])
        self.write("scenarios/loader.cpp", "#include <yaml-cpp/yaml.h>")
        self.assert_breach("scenarios/loader.cpp:2", "only models/base/config reads YAML")

    def test_only_files_writes(self):
        for line in ("std::ofstream out(path);", "std::fstream both;", 'FILE* f = std::fopen(path, "w");',
                     "int fd = ::open(path, O_WRONLY | O_CREAT);", "spdlog::sinks::basic_file_sink_mt sink(path);"):
            with self.subTest(line=line):
                self.write("models/base/files/writer.cpp", line)
                self.assertEqual(self.breaches(), [])
                self.write("scenarios/loader.cpp", "#include <fstream>", "std::ifstream in(path);", line)
                self.assert_breach("scenarios/loader.cpp:4", "only models/base/files opens files for writing")
                self.write("scenarios/loader.cpp")

    def test_partition_is_plain_cpp(self):
        self.write("partition/isolation/monitor.cpp", "#include <systemc>")
        self.assertEqual(self.breaches(), [])
        self.write("partition/layout.cpp", "#include <systemc>")
        self.assert_breach("partition/layout.cpp:2", "only partition/isolation includes SystemC")

    def test_partition_does_not_get_systemc_from_somebody_else_either(self):
        self.write("models/base/block.h", "#include <systemc>")
        self.write("models/gpu/shape.h", '#include "models/base/block.h"')
        self.write("partition/layout.h", '#include "models/gpu/shape.h"')
        self.assert_breach("partition/layout.h:3", "by way of models/gpu/shape.h -> models/base/block.h")

    def test_heavy_headers_stand_in_no_header(self):
        for heavy in ("CLI/CLI.hpp", "spdlog/spdlog.h", "nlohmann/json.hpp", "catch2/catch.hpp", "Eigen/Dense"):
            with self.subTest(heavy=heavy):
                self.write("scenarios/loader.h", f"#include <{heavy}>")
                self.assert_breach("scenarios/loader.h:3", "stands in .cpp files only")
        self.write("scenarios/loader.h", "#include <nlohmann/json_fwd.hpp>")
        self.write("tests/support.h", "#include <catch2/catch.hpp>")
        self.assertEqual(self.breaches(), [])

    def test_a_file_has_at_most_400_lines(self):
        self.write("models/l2/slice.cpp", *["int x;"] * 399)
        self.assertEqual(self.breaches(), [])
        self.write("models/l2/slice.cpp", *["int x;"] * 400)
        self.assert_breach("models/l2/slice.cpp:401", "401 lines")

    def test_a_file_begins_with_the_licence_and_a_header_is_included_once(self):
        pathlib.Path(self.folder.name, "models/l2/slice.h").write_text("#pragma once\n", encoding="utf-8")
        self.assert_breach("models/l2/slice.h:1", "licence")
        pathlib.Path(self.folder.name, "models/l2/slice.h").write_text(LICENCE + "\n", encoding="utf-8")
        self.assert_breach("models/l2/slice.h:1", "#pragma once")

    def test_comments_and_strings_are_not_code(self):
        self.write("models/l2/slice.cpp", '// #include "models/sm/sm.h"', "/*", '#include "models/sm/sm.h"',
                   "std::ofstream out; */", 'auto text = "an ofstream or fopen(x)";', "char quote = '\"';")
        self.assertEqual(self.breaches(), [])
        self.write("models/l2/slice.cpp", "char quote = '\"';", '/* " */ #include "models/sm/sm.h"')
        self.assert_breach("models/l2/slice.cpp:3", "must not include models/sm")


if __name__ == "__main__":
    unittest.main()
