"""One line per test, and a summary that a script can read."""

import time
import traceback
import unittest


class LineResult(unittest.TestResult):
    """Prints `ok`, `FAIL` or `skip` with the test's name and duration as each test ends."""

    def __init__(self, label):
        super().__init__()
        self.label = label
        self.passed = 0
        self.started = 0.0
        self.bad_subtests = 0

    def startTest(self, test):
        super().startTest(test)
        self.started = time.monotonic()
        self.bad_subtests = 0

    def _line(self, word, test, text=""):
        name = test.id().removeprefix("integration.")
        took = time.monotonic() - self.started
        print(f"{word:4} {self.label:8} {name:70} {took:6.2f} s{'  ' + text if text else ''}", flush=True)

    def addSuccess(self, test):
        if not self.bad_subtests:
            self.passed += 1
            self._line("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line("skip", test, reason)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.bad_subtests += 1
            self._failed(subtest, error)

    def _failed(self, test, error):
        self._line("FAIL", test)
        frames = traceback.extract_tb(error[2])
        for frame in frames:
            # Where in the test, not how unittest or the client got there; and where it ended, if that is in a client.
            if "integration/" in frame.filename or (frame is frames[-1] and "/unittest/" not in frame.filename):
                print(f"    {frame.filename.rpartition('/')[2]}:{frame.lineno}: {frame.line}")
        print("    " + "".join(traceback.format_exception_only(*error[:2])).rstrip().replace("\n", "\n    "), flush=True)

    def summary(self):
        failed = len(self.failures) + len(self.errors)
        return f"{self.passed} passed, {failed} failed, {len(self.skipped)} skipped"
