"""Pages' templates are compiled once in a run, not once in each application and program.

A test of pages makes an application of its own, and compiling what its pages are made of took a fifth of its processor.
Compiled code is found by what a template says, so one that has changed is compiled anew.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from flask import Flask
from jinja2 import FileSystemBytecodeCache
from jinja2.bccache import Bucket

FOLDER = "TESTS_TEMPLATES"
"""Variable that names the folder to the server of forks."""


class _Kept(FileSystemBytecodeCache):
    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it where that goes: a program may fill its disk, and outlive the run."""
        with contextlib.suppress(OSError):
            super().dump_bytecode(bucket)


def keep_compiled(folder: str | Path) -> None:
    """Let every application of this process take compiled templates from a folder, and leave them there."""
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": _Kept(str(folder))}
