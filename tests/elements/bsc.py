"""A base station controller towards a real exchange: SCCP (ITU-T Q.713) in IPA over TCP, BSSMAP (3GPP TS 48.008)."""
import select
import time

from coding import location_area, lv, tlv, u16
from elements import PATIENCE, connect

IPA_CONTROL, IPA_SCCP = 0xFE, 0xFD
PING, PONG, IDENTITY_GET, IDENTITY_RESPONSE, IDENTITY_ACK = 0x00, 0x01, 0x04, 0x05, 0x06
UNIT_NAME = 0x01

CR, CC, CREF, RLSD, RLC, DT1, UDT, IT = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x09, 0x10

ASSIGNMENT_REQUEST, ASSIGNMENT_COMPLETE, ASSIGNMENT_FAILURE = 0x01, 0x02, 0x03
HANDOVER_REQUEST, HANDOVER_REQUIRED, HANDOVER_REQUEST_ACK, HANDOVER_COMMAND = 0x10, 0x11, 0x12, 0x13
HANDOVER_COMPLETE, HANDOVER_FAILURE, HANDOVER_PERFORMED, HANDOVER_DETECT = 0x14, 0x16, 0x17, 0x1B
CLEAR_COMMAND, CLEAR_COMPLETE, CLEAR_REQUEST = 0x20, 0x21, 0x22
SAPI_N_REJECT, RESET, RESET_ACK, PAGING = 0x25, 0x30, 0x31, 0x52
CIPHER_MODE_COMMAND, CLASSMARK_UPDATE, CIPHER_MODE_COMPLETE = 0x53, 0x54, 0x55
COMPLETE_LAYER_3, CLASSMARK_REQUEST = 0x57, 0x58

CAUSE, CELL, LAYER_3, CELLS, CODEC_CHOSEN, CODECS, TRANSPORT = 0x04, 0x05, 0x17, 0x1A, 0x7E, 0x7D, 0x7C
CLASSMARK_2, CLASSMARK_3, CHANNEL, SPEECH_VERSION, ALGORITHM, CIPHER_ANSWER = 0x12, 0x13, 0x21, 0x40, 0x2C, 0x20
# What is numbered by N(SD) in its message type: CC, MM, SS (3GPP TS 24.007 11.2.3.2.3).
NUMBERED = (0x03, 0x05, 0x0B)
# GSM FR, EFR and HR, each with the whole of IP on A (3.2.2.103).
KNOWN_CODECS, FULL_RATE = bytes([0x80, 0x82, 0x81]), bytes([0x80])
# Elements of a fixed length, without a length octet (3.2.2).
FIXED = {0x01: 2, 0x1B: 1, 0x21: 1, 0x25: 1, 0x2C: 1, 0x2D: 1, 0x30: 1, 0x40: 1, 0x60: 1, 0x7F: 4, 0x8F: 0}


def elements(octets):
    """The information elements of a BSSMAP message behind its type."""
    found = {}
    while octets:
        tag = octets[0]
        start, length = (1, FIXED[tag]) if tag in FIXED else (2, octets[1])
        found.setdefault(tag, octets[start : start + length])
        octets = octets[start + length :]
    return found


class Connection:
    """A connection of SCCP, class 2, and the phone that speaks on it."""

    def __init__(self, bsc, reference, phone=None):
        self.bsc, self.reference, self.phone = bsc, reference, phone
        self.far, self.heard, self.is_open = None, [], True
        # N(SD) of the next message that is numbered.
        self.sent = 0

    def dtap(self, octets, link=0):
        """Sends a phone's message; 3 is the link of short messages."""
        if octets[0] & 0x0F in NUMBERED:
            octets = bytes([octets[0], octets[1] | self.sent << 6]) + octets[2:]
            self.sent = (self.sent + 1) % 4
        self.data(bytes([1, link]) + lv(octets))

    def bssmap(self, message, octets=b""):
        """Sends a message of our own."""
        self.data(b"\x00" + lv(bytes([message]) + octets))

    def data(self, octets):
        self.bsc.sccp(bytes([DT1]) + self.far + b"\x00\x01" + lv(octets))

    def until(self, what, is_wanted):
        """Lets everybody answer until something wanted was heard here: (BSSMAP message or None, octets)."""
        end = time.monotonic() + PATIENCE
        while not (found := [heard for heard in self.heard if is_wanted(*heard)]):
            if time.monotonic() > end:
                raise TimeoutError(f"no {what} after {[heard[1].hex() for heard in self.heard]}")
            Bsc.pump(0.1)
        self.heard.clear()
        return found[0][1]

    def told(self, message):
        """Waits for a BSSMAP message; gives its elements."""
        return elements(self.until(f"BSSMAP message {message:02x}", lambda told, _: told == message))

    def gone(self):
        """Waits for the release."""
        end = time.monotonic() + PATIENCE
        while self.is_open:
            if time.monotonic() > end:
                raise TimeoutError("no release")
            Bsc.pump(0.1)


class Bsc:
    """One controller: its link to the signalling transfer point, its cell, its phones."""

    every = []

    def __init__(self, name, gateway, point_code, exchange, lac, ci):
        self.name, self.point_code, self.exchange, self.lac = name, point_code, exchange, lac
        self.cell = location_area(lac) + u16(ci)
        self.gateway, self.socket = gateway, None
        self.received, self.connections, self.phones, self.handed_over = b"", {}, [], []
        self.awaited = None
        self.references = 0x100 * (point_code & 7)
        self.heard = []

    def link(self):
        """Connects to the signalling transfer point, which hangs up on those who do not answer: from now on all are to be pumped."""
        self.socket = connect(*self.gateway)
        Bsc.every.append(self)

    @staticmethod
    def pump(seconds):
        """Reads what came to any controller for so long, and answers it."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([bsc.socket for bsc in Bsc.every], [], [], left)
            for bsc in Bsc.every:
                if bsc.socket in ready:
                    bsc.read()
            if ready:
                return

    @staticmethod
    def rest(seconds):
        """Lets everybody answer for a while."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            Bsc.pump(left)

    # IPA

    def read(self):
        octets = self.socket.recv(65536)
        if not octets:
            raise EOFError(f"{self.name}: the signalling transfer point closed the link")
        self.received += octets
        while len(self.received) >= 3:
            length = int.from_bytes(self.received[:2], "big")
            if len(self.received) < 3 + length:
                return
            kind, message, self.received = self.received[2], self.received[3 : 3 + length], self.received[3 + length :]
            self.control(message) if kind == IPA_CONTROL else self.take_in(message)

    def control(self, message):
        if message[0] == PING:
            self.ipa(IPA_CONTROL, bytes([PONG]))
        elif message[0] == IDENTITY_GET:
            name = bytes([UNIT_NAME]) + self.name.encode() + b"\x00"
            self.ipa(IPA_CONTROL, bytes([IDENTITY_RESPONSE]) + u16(len(name)) + name)
        elif message[0] == IDENTITY_ACK:
            self.ipa(IPA_CONTROL, bytes([IDENTITY_ACK]))

    def ipa(self, kind, octets):
        self.socket.sendall(u16(len(octets)) + bytes([kind]) + octets)

    def sccp(self, octets):
        self.ipa(IPA_SCCP, octets)

    # SCCP

    def address(self, point_code):
        """Routed by point code and subsystem number BSSAP, Q.713 3.4."""
        return bytes([0x43]) + point_code.to_bytes(2, "little") + b"\xfe"

    def take_in(self, message):
        kind = message[0]
        if kind == UDT:
            data = message[4 + message[4] :]
            self.unconnected(data[1 + 0 : 1 + data[0]])
        elif kind == CR:
            self.accept(message)
        elif (connection := self.connections.get(message[1:4])) is None:
            return
        elif kind == CC:
            connection.far = message[4:7]
            self.optional(connection, message[8:])
        elif kind == DT1:
            self.listen(connection, message[7:])
        elif kind == RLSD:
            self.sccp(bytes([RLC]) + message[4:7] + connection.reference)
            self.forget(connection)
        elif kind in (CREF, RLC):
            self.forget(connection)

    def optional(self, connection, octets):
        """User data among optional parameters, behind the pointer to them."""
        octets = octets[octets[0] :] if octets and octets[0] else b""
        while octets and octets[0]:
            if octets[0] == 0x0F:
                self.listen(connection, octets[2 : 2 + octets[1]])
            octets = octets[2 + octets[1] :]

    def accept(self, message):
        """The exchange opens a connection: for the handover of the connection that is awaited."""
        connection = self.connection(self.awaited.phone)
        connection.sent = self.awaited.sent
        connection.far = message[1:4]
        self.sccp(bytes([CC]) + connection.far + connection.reference + b"\x02\x00")
        self.handed_over.append(connection)
        self.optional(connection, message[6:])

    def connection(self, phone=None):
        self.references += 1
        connection = Connection(self, self.references.to_bytes(3, "little"), phone)
        self.connections[connection.reference] = connection
        return connection

    def forget(self, connection):
        connection.is_open = False
        self.connections.pop(connection.reference, None)

    def unit(self, message, octets=b""):
        """Sends a BSSMAP message without a connection."""
        called, calling = lv(self.address(self.exchange)), lv(self.address(self.point_code))
        data = b"\x00" + lv(bytes([message]) + octets)
        pointers = bytes([3, 2 + len(called), 1 + len(called) + len(calling)])
        self.sccp(bytes([UDT, 0]) + pointers + called + calling + lv(data))

    # BSSMAP

    def open(self, phone, message):
        """COMPLETE LAYER 3 INFORMATION, 3.2.1.32, in a new connection."""
        connection = self.connection(phone)
        connection.sent = int(message[0] & 0x0F in NUMBERED)
        told = tlv(CELL, b"\x00" + self.cell) + tlv(LAYER_3, message) + tlv(CODECS, KNOWN_CODECS)
        data = tlv(0x0F, b"\x00" + lv(bytes([COMPLETE_LAYER_3]) + told))
        called, calling = lv(self.address(self.exchange)), tlv(0x04, self.address(self.point_code))
        pointers = bytes([2, 1 + len(called)])
        self.sccp(bytes([CR]) + connection.reference + b"\x02" + pointers + called + calling + data + b"\x00")
        return connection

    def unconnected(self, data):
        message, octets = data[2], data[3:]
        self.heard.append(message)
        if message == RESET:
            self.unit(RESET_ACK)
        elif message == PAGING:
            paged = elements(octets)
            for phone in self.phones:
                phone.paged(paged[0x08], paged.get(0x09))

    def listen(self, connection, data):
        if data[0] == 1:
            octets = data[3 : 3 + data[2]]
            connection.heard.append((None, octets))
            connection.phone.downlink(connection, octets, data[1])
        else:
            connection.heard.append((data[2], data[3 : 2 + data[1]]))
            self.obey(connection, data[2], elements(data[3 : 2 + data[1]]))

    def obey(self, connection, message, told):
        if message == CIPHER_MODE_COMMAND:
            answer = connection.phone.ciphered()
            connection.bssmap(CIPHER_MODE_COMPLETE, tlv(CIPHER_ANSWER, answer) + bytes([ALGORITHM, 0x02]))
        elif message == CLASSMARK_REQUEST:
            connection.bssmap(CLASSMARK_UPDATE, tlv(CLASSMARK_2, b"\x33\x19\xa2") + tlv(CLASSMARK_3, b"\x60\x14"))
        elif message == ASSIGNMENT_REQUEST:
            self.assign(connection)
        elif message == HANDOVER_REQUEST:
            command = tlv(LAYER_3, connection.phone.handed_over()) + bytes([CHANNEL, 0x09, SPEECH_VERSION, 0x01])
            connection.bssmap(HANDOVER_REQUEST_ACK, command + self.voice())
        elif message == CLEAR_COMMAND:
            connection.bssmap(CLEAR_COMPLETE)

    def assign(self, connection):
        """ASSIGNMENT COMPLETE, 3.2.1.2, or FAILURE where this phone finds no channel: equipment failure."""
        if connection.phone.finds_channel:
            chosen = bytes([CHANNEL, 0x09, SPEECH_VERSION, 0x01])
            connection.bssmap(ASSIGNMENT_COMPLETE, chosen + self.voice())
            connection.phone.has_channel(connection)
        else:
            connection.bssmap(ASSIGNMENT_FAILURE, tlv(CAUSE, b"\x20"))

    def voice(self):
        """Where voice goes and how it is coded, 3.2.2.102 and 3.2.2.104."""
        return tlv(TRANSPORT, bytes([127, 0, 0, 31]) + u16(30_000)) + tlv(CODEC_CHOSEN, FULL_RATE)
