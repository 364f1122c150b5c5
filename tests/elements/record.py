#!/usr/bin/env python3
"""Records what real network elements say to each other, and what `touchpoint` makes of it live.

Usage: record.py gb|a FOLDER [TOUCHPOINT]

Runs the story of that name where it disturbs nobody: gb in a network namespace, a in a kernel of its own (user-mode Linux,
because not every kernel has SCTP). FOLDER, which must be there, then holds recorded.pcapng and the elements' logs; with
TOUCHPOINT also live.messages and live.events, decoded beside the recorder, and what the decoders said. Needs root and the
Debian packages that `deploy/packages.sh elements` names.
"""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
import a_story
import gb_story
from elements import HERE, PATIENCE, until

STORIES = {"gb": ("udp port 23000", gb_story.main), "a": ("sctp or tcp port 5000", a_story.main)}
SECONDS = 900
NAMESPACE = ["unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc"]


def outside(kind, folder, touchpoint):
    """Goes where the story may run, for a bounded time."""
    bounded = ["timeout", "--kill-after=5", str(SECONDS)]
    words = [sys.executable, str(HERE / "record.py"), "--inside", kind, str(folder), *touchpoint]
    if kind == "a":
        kernel = ["linux.uml", "mem=768M", f"uml_dir={folder}", "umid=uml", "rootfstype=hostfs", "rootflags=/", "rw"]
        console = ["con=null", "con0=fd:0,fd:1", "quiet", f"init={HERE}/uml-init.sh"]
        words = [*kernel, *console, f"NOW={time.time():.0f}", "STORY=" + "|".join(words)]
        done = subprocess.run([*bounded, *words], stdin=subprocess.DEVNULL, stdout=open(folder / "uml.log", "wb"))
        return 0 if (folder / "done").exists() else done.returncode or 1
    return subprocess.run([*bounded, *NAMESPACE, *words]).returncode


@contextlib.contextmanager
def watched(folder, expression, touchpoint):
    """Recorder and decoders side by side on the loopback interface; they listen before anything happens, and end in order."""
    recorder = ["dumpcap", "-i", "lo", "-f", expression, "-w", str(folder / "recorded.pcapng")]
    watchers = [("recorder", recorder, "File:")]
    for what, option in [("messages", ["--messages"]), ("events", [])] if touchpoint else []:
        decoder = [*touchpoint, "decode", "--interface", "lo", "--filter", expression, "--json", "--reveal", *option]
        watchers.append((f"live.{what}", decoder, "listening"))
    running = []
    for name, words, sign in watchers:
        said = folder / f"{name}.said"
        running.append(subprocess.Popen(words, stdout=open(folder / name, "wb"), stderr=open(said, "wb")))
        until(lambda: sign in said.read_text(), f"{name} does not begin to listen: {said.read_text()}")
    try:
        yield
        time.sleep(1.0)
    finally:
        for process in running:
            process.send_signal(signal.SIGINT)
        for process in running:
            process.wait(PATIENCE)


def inside(kind, folder, touchpoint):
    """Runs the story."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    expression, story = STORIES[kind]
    with watched(folder, expression, touchpoint):
        story(folder)
    (folder / "done").touch()
    return 0


def main(words):
    if len(words) < 2 or words[0] not in [*STORIES, "--inside"]:
        print(__doc__, file=sys.stderr)
        return 2
    if words[0] == "--inside":
        return inside(words[1], pathlib.Path(words[2]), words[3:])
    return outside(words[0], pathlib.Path(words[1]).resolve(), words[2:3])


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
