"""Network elements as processes of our own: started with the configuration beside this file, ended by process id."""
import pathlib
import re
import socket
import sqlite3
import subprocess
import time

HERE = pathlib.Path(__file__).resolve().parent
# Seconds: a busy machine takes its time.
PATIENCE = 90


class Elements:
    """Elements that run in a folder, which takes their logs and databases. They end when the `with` block does."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.running = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in list(self.running):
            self.stop(name)

    def start(self, program, configuration, *options):
        """Starts an element with a configuration file, after which it also is named."""
        name = configuration.stem
        log = open(self.folder / f"{name}.log", "ab")
        words = [program, *options, "-c", str(configuration)]
        self.running[name] = subprocess.Popen(words, cwd=self.folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def stop(self, name):
        """Ends an element; one that does not go is killed."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def register(self, phones):
        """Makes the HLR's database: phones with an IMSI, a key and a number."""
        database = self.folder / "hlr.db"
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["osmo-hlr-db-tool", "-l", str(database), "create"], check=True, **quiet)
        with sqlite3.connect(database) as rows:
            for phone in phones:
                new = rows.execute("INSERT INTO subscriber (imsi, msisdn) VALUES (?, ?)", (phone.imsi, phone.number))
                rows.execute("INSERT INTO auc_2g VALUES (?, 1, ?)", (new.lastrowid, phone.key))


class Console:
    """An element's console (VTY)."""

    def __init__(self, address, port):
        self.socket = connect(address, port)
        self.socket.settimeout(PATIENCE)
        self.read()

    def __call__(self, *commands):
        """Enters commands, one after the other; gives the last one's answer."""
        answer = ""
        for command in commands:
            self.socket.sendall(command.encode() + b"\r\n")
            answer = self.read()
        return answer

    def read(self):
        """Reads up to the next prompt."""
        heard = b""
        while not re.search(rb"[\w().-]+[>#] ?$", heard):
            octets = self.socket.recv(65536)
            if not octets:
                raise EOFError(f"the console closed after {heard!r}")
            # Telnet's negotiation is no text.
            heard += re.sub(rb"\xff[\xfb-\xfe].", b"", octets)
        return heard.decode("latin-1")


def connect(address, port):
    """A TCP connection to an element that may be still starting."""
    since = time.monotonic()
    while True:
        try:
            return socket.create_connection((address, port), 5)
        except OSError:
            if time.monotonic() - since > PATIENCE:
                raise
            time.sleep(0.1)


def is_listening(address, port):
    """Whether an element has come so far."""
    try:
        socket.create_connection((address, port), 1).close()
    except OSError:
        return False
    return True


def until(condition, what):
    """Waits until something holds."""
    since = time.monotonic()
    while not condition():
        if time.monotonic() - since > PATIENCE:
            raise TimeoutError(what)
        time.sleep(0.1)
