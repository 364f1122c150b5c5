"""A base station system towards a real SGSN: NS (3GPP TS 48.016) over UDP, BSSGP (TS 48.018), and what its cells carry."""
import socket
import time

from coding import routing_area, u16, u32
from elements import PATIENCE

NS_UNITDATA, NS_RESET, NS_RESET_ACK, NS_BLOCK, NS_BLOCK_ACK = 0x00, 0x02, 0x03, 0x04, 0x05
NS_UNBLOCK, NS_UNBLOCK_ACK, NS_ALIVE, NS_ALIVE_ACK = 0x06, 0x07, 0x0A, 0x0B
NS_CAUSE, NS_VCI, NSEI = 0x00, 0x01, 0x04

DL_UNITDATA, UL_UNITDATA, PAGING_PS, PAGING_CS = 0x00, 0x01, 0x06, 0x07
RA_CAPABILITY_UPDATE, RADIO_STATUS, SUSPEND, RESUME = 0x08, 0x0A, 0x0B, 0x0E
BVC_BLOCK, BVC_RESET, BVC_UNBLOCK = 0x20, 0x22, 0x24
FLOW_CONTROL_BVC, FLOW_CONTROL_MS, FLUSH_LL, FLUSH_LL_ACK, LLC_DISCARDED = 0x26, 0x28, 0x2A, 0x2B, 0x2C

ALIGNMENT, BMAX, BVCI, BUCKET_SIZE, LEAK_RATE, CAUSE, CELL, IMSI = 0x00, 0x01, 0x04, 0x05, 0x03, 0x07, 0x08, 0x0D
LLC_PDU, LLC_FRAMES, FLUSH_ACTION, MS_BUCKET_SIZE, RADIO_CAUSE = 0x0E, 0x0F, 0x0C, 0x12, 0x19
ROUTING_AREA, MS_RATE, SUSPEND_REFERENCE, TAG, TLLI, P_TMSI, OCTETS = 0x1B, 0x1C, 0x1D, 0x1E, 0x1F, 0x20, 0x25


def element(tag, value):
    """TS 48.016 10.1.2 and TS 48.018 11.2: one octet of length with its top bit set, or two."""
    length = len(value)
    return bytes([tag]) + (bytes([0x80 | length]) if length < 0x80 else u16(length)) + value


def elements(octets):
    """The information elements of a BSSGP PDU behind its fixed part; of one that repeats, the first."""
    found = {}
    while len(octets) > 1:
        tag, length, start = octets[0], octets[1] & 0x7F, 2
        if not octets[1] & 0x80:
            length, start = length << 8 | octets[2], 3
        found.setdefault(tag, octets[start : start + length])
        octets = octets[start + length :]
    return found


class Cell:
    """A cell: its virtual connection, and where it is."""

    def __init__(self, bvci, lac, rac, ci):
        self.bvci, self.lac, self.rac = bvci, lac, rac
        self.identifier = routing_area(lac, rac) + u16(ci)


class Bss:
    """One network service entity with one virtual connection, its cells, and the phones that listen to them."""

    def __init__(self, local, remote, nsei, cells):
        self.remote, self.nsei, self.cells = remote, nsei, cells
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(local)
        self.phones = {}
        self.frames = 0

    def up(self):
        """Brings the virtual connection up (TS 48.016 7.3, 7.2), then signalling and every cell (TS 48.018 8.4)."""
        self.reset()
        self.ns(NS_UNBLOCK)
        self.expect_ns(NS_UNBLOCK_ACK)
        self.ns(NS_ALIVE)
        self.expect_ns(NS_ALIVE_ACK)
        self.signal(BVC_RESET, element(BVCI, u16(0)) + element(CAUSE, b"\x08"))
        self.expect(BVC_RESET + 1)
        for cell in self.cells:
            self.signal(BVC_RESET, element(BVCI, u16(cell.bvci)) + element(CAUSE, b"\x08") + element(CELL, cell.identifier))
            self.expect(BVC_RESET + 1)
            self.flow_control(cell)

    def reset(self):
        """Resets the virtual connection."""
        identity = element(NS_VCI, u16(self.nsei)) + element(NSEI, u16(self.nsei))
        self.ns(NS_RESET, element(NS_CAUSE, b"\x00") + identity)
        self.expect_ns(NS_RESET_ACK)

    def flow_control(self, cell):
        """Tells what a cell has room for, TS 48.018 10.4.4."""
        rates = element(BUCKET_SIZE, u16(1000)) + element(LEAK_RATE, u16(600)) + element(BMAX, u16(150))
        self.send(cell.bvci, FLOW_CONTROL_BVC, element(TAG, b"\x01") + rates + element(MS_RATE, u16(100)))
        self.expect(FLOW_CONTROL_BVC + 1)

    def uplink(self, cell, tlli, frame):
        """UL-UNITDATA, TS 48.018 10.2.2."""
        fixed = u32(tlli) + b"\x00\x00\x04" + element(CELL, cell.identifier)
        self.send(cell.bvci, UL_UNITDATA, fixed + element(ALIGNMENT, b"\x00") + element(LLC_PDU, frame))

    def signal(self, pdu_type, octets):
        """Sends a PDU of the signalling connection."""
        self.send(0, pdu_type, octets)

    def send(self, bvci, pdu_type, octets):
        """Sends a BSSGP PDU."""
        self.ns(NS_UNITDATA, b"\x00" + u16(bvci) + bytes([pdu_type]) + octets)

    def ns(self, pdu_type, octets=b""):
        """Sends an NS PDU."""
        self.socket.sendto(bytes([pdu_type]) + octets, self.remote)

    def expect_ns(self, pdu_type):
        """Waits for an NS PDU."""
        return self.pump(lambda pdu: pdu[0] == pdu_type, f"NS PDU {pdu_type:02x}")

    def expect(self, pdu_type):
        """Waits for a BSSGP PDU."""
        return self.pump(lambda pdu: pdu[0] == NS_UNITDATA and pdu[4] == pdu_type, f"BSSGP PDU {pdu_type:02x}")

    def pump(self, is_wanted, what, patience=PATIENCE):
        """Lets every phone answer until something wanted comes; gives it."""
        end = time.monotonic() + patience
        while (left := end - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                pdu = self.socket.recv(65536)
            except TimeoutError:
                break
            except ConnectionRefusedError:
                continue
            self.react(pdu)
            if is_wanted(pdu):
                return pdu
        raise TimeoutError(f"no {what}")

    def rest(self, seconds):
        """Lets every phone answer for a while."""
        try:
            self.pump(lambda _: False, "end", seconds)
        except TimeoutError:
            pass

    def react(self, pdu):
        """Answers what asks for an answer, and gives the rest to the phones."""
        if pdu[0] == NS_ALIVE:
            self.ns(NS_ALIVE_ACK)
        elif pdu[0] == NS_UNBLOCK:
            self.ns(NS_UNBLOCK_ACK)
        elif pdu[0] == NS_RESET:
            self.ns(NS_RESET_ACK, element(NS_VCI, u16(self.nsei)) + element(NSEI, u16(self.nsei)))
        elif pdu[0] == NS_UNITDATA:
            self.react_bssgp(pdu[4], pdu[5:])

    def react_bssgp(self, pdu_type, octets):
        if pdu_type == DL_UNITDATA:
            phone = self.phones.get(int.from_bytes(octets[:4], "big"))
            if phone and (frame := elements(octets[7:]).get(LLC_PDU)):
                phone.downlink(frame)
        elif pdu_type == PAGING_PS:
            wanted = elements(octets)
            for phone in set(self.phones.values()):
                phone.paged(wanted.get(IMSI), wanted.get(P_TMSI))
        elif pdu_type == FLUSH_LL:
            flushed = elements(octets)
            # Flush action 1: its frames were moved to the new cell (11.3.22).
            done = element(TLLI, flushed[TLLI]) + element(FLUSH_ACTION, b"\x01")
            moved = element(BVCI, flushed[BVCI]) + element(OCTETS, bytes(3))
            self.signal(FLUSH_LL_ACK, done + moved)
