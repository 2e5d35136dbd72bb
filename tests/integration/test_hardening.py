"""The program is built so that what goes wrong in it is hard to make use of."""

import pathlib
import shutil
import subprocess
import unittest

from .case import Environment, WeirTest, proxy_only


@proxy_only
@unittest.skipIf(shutil.which("readelf") is None, "there is no readelf here")
class Hardening(WeirTest):
    def readelf(self, *options):
        return subprocess.run(["readelf", "--wide", *options, self.weir().binary], capture_output=True, text=True, check=True).stdout

    def setUp(self):
        super().setUp()
        cache = pathlib.Path(Environment.binary).with_name("CMakeCache.txt")
        if cache.exists() and "CMAKE_BUILD_TYPE:STRING=Release" not in cache.read_text(encoding="utf-8"):
            self.skipTest("not the build that users run")

    def test_addresses_are_the_systems_choice_and_the_table_of_calls_is_read_only(self):
        self.assertIn("DYN (Position-Independent Executable file)", self.readelf("--file-header"))
        self.assertIn("GNU_RELRO", self.readelf("--program-headers"))
        self.assertRegex(self.readelf("--dynamic"), r"FLAGS_1\).*\bNOW\b.*\bPIE\b")

    def test_the_stack_cannot_be_executed_and_is_guarded(self):
        self.assertRegex(self.readelf("--program-headers"), r"GNU_STACK\s.*\sRW\s")
        self.assertIn("__stack_chk_fail", self.readelf("--dyn-syms"))
