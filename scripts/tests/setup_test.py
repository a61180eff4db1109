# SPDX-License-Identifier: Apache-2.0
"""What quickstart and test do to the machine: when they install, as whom, and what they refuse. Runs the real scripts
in a copied clone with a PATH that holds only the tools they may count on, and recording stand-ins for the rest."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent
TOOLS = ("awk", "basename", "bash", "cat", "chmod", "cksum", "cut", "dirname", "env", "grep", "mkdir", "nproc",
         "readlink", "sed", "sh", "true", "uname")

DPKG_QUERY = """case " $INSTALLED " in *" $4 "*) echo installed ;; *) exit 1 ;; esac"""
APT_GET = """
case "$*" in
*update*) : > "$LISTS" ;;
*) [ -e "$LISTS" ] || exit 100
   [ "${APT_FAILS:-}" = "" ] || exit 100
   case "$*" in *--print-uris*) echo "Need to get 10 MB of archives." ;; esac ;;
esac"""
SUDO = """[ "$SUDO_ALLOWS" = yes ] || exit 1
shift; exec "$@" """
CMAKE = """
case "$1" in
-S) mkdir -p "$4"; echo "CMAKE_HOME_DIRECTORY:INTERNAL=$2" > "$4/CMakeCache.txt" ;;
--build) mkdir -p "$2/bin"; printf '#!/bin/sh\\nfor a; do echo "[$a]"; done\\n' > "$2/bin/migsim"; chmod +x "$2/bin/migsim" ;;
esac"""


class SetUp(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.clone = self.folder / "clone"
        shutil.copytree(SCRIPTS, self.clone / "scripts", ignore=shutil.ignore_patterns("tests"))
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for tool in TOOLS:
            (self.bin / tool).symlink_to(shutil.which(tool))
        self.stand_in("id", "echo $UID_HERE", record=False)
        self.stand_in("dpkg-query", DPKG_QUERY, record=False)
        self.stand_in("apt-get", APT_GET)
        self.stand_in("cmake", CMAKE)
        self.lists = self.folder / "lists"
        self.lists.touch()

    def stand_in(self, name, body, record=True):
        file = self.bin / name
        note = f'echo "{name} $*" >> "{self.folder}/calls"\n' if record else ""
        file.write_text(f"#!/bin/sh\n{note}{body}\n", encoding="utf-8")
        file.chmod(0o755)

    def run_shell(self, script, *arguments, **environment):
        environment = {"PATH": str(self.bin), "UID_HERE": "0", "INSTALLED": "", "LISTS": str(self.lists), **environment}
        return subprocess.run([self.bin / "bash", "-c", script, "quickstart", *arguments], env=environment,
                              cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def ensure(self, system="is_debian_12() { true; }", **environment):
        (self.folder / "list").write_text("# a list\nalpha  # why\nbeta # why\n\ngamma\n", encoding="utf-8")
        return self.run_shell(f'. "{self.clone}/scripts/lib.sh"; {system}; ensure_packages list; echo went on', **environment)

    def calls(self, name=""):
        file = self.folder / "calls"
        return [line for line in (file.read_text().splitlines() if file.exists() else []) if line.startswith(name)]

    def installs(self):
        return [line for line in self.calls("apt-get") if " install " in line and "--print-uris" not in line]

    def test_nothing_missing_means_no_apt_no_sudo_no_words(self):
        self.stand_in("sudo", SUDO)
        done = self.ensure(INSTALLED="alpha beta gamma", UID_HERE="1000")
        self.assertEqual((done.returncode, done.stdout, done.stderr, self.calls()), (0, "went on\n", "", []))

    def test_root_installs_what_is_missing_and_only_that_without_questions(self):
        done = self.ensure(INSTALLED="beta")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("missing Debian packages: alpha gamma", done.stderr)
        self.assertIn("Need to get 10 MB", done.stderr)
        [install] = self.installs()
        self.assertTrue(install.endswith(" --no-install-recommends install alpha gamma"), install)
        self.assertIn(" -y ", install)
        self.assertEqual([call for call in self.calls("apt-get") if "update" in call], [])

    def test_a_fresh_machine_has_no_package_lists_and_fetches_them_first(self):
        self.lists.unlink()
        done = self.ensure()
        self.assertEqual(done.returncode, 0, done.stderr)
        words = [call.split()[-1] for call in self.calls("apt-get")]
        self.assertEqual(words, ["gamma", "update", "gamma", "gamma"])  # size?, update, size, install
        self.assertIn("Need to get 10 MB", done.stderr)

    def test_a_user_installs_through_sudo_that_never_asks(self):
        self.stand_in("sudo", SUDO)
        done = self.ensure(UID_HERE="1000", SUDO_ALLOWS="yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        [install] = [call for call in self.calls("sudo") if " install " in call]
        self.assertTrue(install.startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get "), install)

    def test_where_sudo_refuses_the_command_is_printed_and_the_status_is_2(self):
        self.stand_in("sudo", SUDO)
        done = self.ensure(UID_HERE="1000", SUDO_ALLOWS="no")
        self.assertEqual((done.returncode, done.stdout, self.installs()), (2, "", []))
        self.assertIn("    sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends alpha beta gamma'\n",
                      done.stderr)

    def test_where_there_is_no_sudo_the_command_is_su(self):
        done = self.ensure(UID_HERE="1000")
        self.assertEqual((done.returncode, self.installs()), (2, []))
        self.assertIn("    su -c 'apt-get update && ", done.stderr)

    def test_a_failed_installation_stops_with_status_2(self):
        done = self.ensure(APT_FAILS="yes")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("apt-get could not install: alpha beta gamma", done.stderr)

    def test_another_system_is_named_and_left_alone(self):
        done = self.ensure(system="is_debian_12() { false; }")
        self.assertEqual((done.returncode, done.stdout, self.calls()), (0, "went on\n", []))
        self.assertIn("not Debian 12", done.stderr)

    def quickstart(self, *arguments, path=None, **environment):
        lists = (self.clone / "scripts" / "packages.txt").read_text()
        installed = " ".join(line.split()[0] for line in lists.splitlines() if not line.startswith("#"))
        done = self.run_shell('exec "$@"', str(path or self.clone / "scripts" / "quickstart"), *arguments,
                              INSTALLED=installed, **environment)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("\n")[:-1]

    def test_quickstart_runs_the_main_job_from_any_folder_and_replaces_its_result(self):
        self.assertEqual(self.quickstart(),
                         ["[run]", f"[{self.clone}/scenarios/library/noisy_neighbor.yaml]", "[--force]"])

    def test_quickstart_passes_arguments_through(self):
        self.assertEqual(self.quickstart("my own.yaml", "--out", "a b"),
                         ["[run]", "[my own.yaml]", "[--force]", "[--out]", "[a b]"])
        self.assertEqual(self.quickstart("--out", "x")[2:], ["[--force]", "[--out]", "[x]"])
        self.assertEqual(self.quickstart("x.yaml", "--resume"), ["[run]", "[x.yaml]", "[--resume]"])

    def test_quickstart_works_through_a_symbolic_link(self):
        link = self.folder / "link"
        link.symlink_to(self.clone / "scripts" / "quickstart")
        self.assertIn(f"[{self.clone}/scenarios/library/noisy_neighbor.yaml]", self.quickstart(path=link))

    def test_quickstart_needs_no_bash_by_name_and_nothing_in_the_environment(self):
        done = subprocess.run(["env", "-i", "sh", self.clone / "scripts" / "quickstart", "--help"],
                              cwd="/", stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertTrue(done.stdout.startswith("usage: scripts/quickstart"), done.stdout)

    def test_a_moved_clone_is_configured_afresh(self):
        self.quickstart()
        self.quickstart()
        self.assertNotIn("--fresh", " ".join(self.calls("cmake")))
        self.clone = self.clone.rename(self.folder / "moved")
        self.quickstart()
        self.assertIn("--fresh", self.calls("cmake -S")[-1])

    @unittest.skipIf(os.geteuid() == 0, "root writes everywhere")
    def test_a_clone_that_may_not_be_written_is_built_in_the_users_cache(self):
        self.clone.chmod(0o555)
        self.addCleanup(self.clone.chmod, 0o755)
        self.quickstart(HOME=str(self.folder / "home"))
        self.assertTrue(list((self.folder / "home/.cache/migsim").glob("*/release/bin/migsim")))


if __name__ == "__main__":
    unittest.main()
