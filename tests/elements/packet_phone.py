"""A phone on Gb: LLC (3GPP TS 44.064), GMM and SM (TS 24.008), SNDCP (TS 44.065). It answers as phones do."""
import struct

from bss import element
from coding import IMEI, IMEISV, IMSI, identity, lv, signed_response, temporary, tlv, u16, u32

GMM, SM, SMS = 8, 10, 9
ATTACH_REQUEST, ATTACH_ACCEPT, ATTACH_COMPLETE, ATTACH_REJECT = 0x01, 0x02, 0x03, 0x04
DETACH_REQUEST, DETACH_ACCEPT = 0x05, 0x06
RAU_REQUEST, RAU_ACCEPT, RAU_COMPLETE, RAU_REJECT = 0x08, 0x09, 0x0A, 0x0B
SERVICE_REQUEST, SERVICE_REJECT = 0x0C, 0x0E
REALLOCATION_COMMAND, REALLOCATION_COMPLETE = 0x10, 0x11
AUTHENTICATION_REQUEST, AUTHENTICATION_RESPONSE, AUTHENTICATION_REJECT = 0x12, 0x13, 0x14
IDENTITY_REQUEST, IDENTITY_RESPONSE = 0x15, 0x16
ACTIVATE_REQUEST, ACTIVATE_ACCEPT, ACTIVATE_REJECT = 0x41, 0x42, 0x43
DEACTIVATE_REQUEST, DEACTIVATE_ACCEPT = 0x46, 0x47

MS_NETWORK_CAPABILITY = bytes.fromhex("e5e034")
RADIO_ACCESS_CAPABILITY = bytes.fromhex("13432b259600")
XID = 0x0B


def check_sequence(octets):
    """FCS of LLC, TS 44.064 5.5: 24 bits, generator 0xbba1b5, sent with the lowest octet first."""
    rest = 0xFFFFFF
    for octet in octets:
        rest ^= octet
        for _ in range(8):
            rest = rest >> 1 ^ (0xAD85DD if rest & 1 else 0)
    return (rest ^ 0xFFFFFF).to_bytes(3, "little")


class Phone:
    """A phone in a cell. `wrong_key` makes its SIM answer with a SRES that no network expects."""

    def __init__(self, bss, cell, imsi, number, device, key, wrong_key=False):
        self.bss, self.cell, self.imsi, self.number, self.device, self.key = bss, cell, imsi, number, device, key
        self.wrong_key = wrong_key
        self.sent = {}
        self.packets = 0
        self.p_tmsi, self.signature, self.area, self.address = None, None, cell.identifier[:6], None
        self.heard = []
        self.go_by(0x78000000 | int(imsi[-6:]))

    def go_by(self, tlli):
        """Takes a TLLI; it still listens to its former ones."""
        self.tlli = tlli
        self.bss.phones[tlli] = self

    # LLC

    def send(self, sapi, information, good=True):
        """An unconfirmed frame (UI) whose every octet is checked, 6.3 and 6.4."""
        number = self.sent.get(sapi, 0)
        self.sent[sapi] = (number + 1) % 512
        frame = bytes([sapi, 0xC0 | number >> 6, (number & 0x3F) << 2 | 1]) + information
        check = check_sequence(frame) if good else b"\x01\x02\x03"
        self.bss.uplink(self.cell, self.tlli, frame + check)

    def unnumbered(self, sapi, function, information=b"", is_response=False):
        """An unnumbered frame (U), 6.3.4."""
        frame = bytes([sapi | (0x40 if is_response else 0), 0xF0 | function]) + information
        self.bss.uplink(self.cell, self.tlli, frame + check_sequence(frame))

    def downlink(self, frame):
        """What came for this phone."""
        sapi, control = frame[0] & 0x0F, frame[1]
        if control >> 5 == 0b110 and sapi == 1:
            self.signalled(frame[3:-3])
        elif control >> 5 == 0b110:
            self.heard.append((sapi, None))
        elif control & 0x0F == XID and frame[0] & 0x40:
            self.unnumbered(sapi, XID, frame[2:-3], is_response=True)

    # GMM and SM

    def signalled(self, octets):
        discriminator, message = octets[0] & 0x0F, octets[1]
        self.heard.append((discriminator, message))
        if discriminator == GMM:
            self.mobility(message, octets[2:])
        elif message == ACTIVATE_ACCEPT:
            # The address follows PDP type number IETF IPv4 (10.5.6.4).
            self.address = octets.partition(b"\x2b\x06\x01\x21")[2][:4]
        elif message == DEACTIVATE_REQUEST:
            self.send(1, bytes([octets[0] ^ 0x80, DEACTIVATE_ACCEPT]))

    def mobility(self, message, octets):
        if message == IDENTITY_REQUEST:
            digits = {IMSI: self.imsi, IMEI: self.device[:14] + "0", IMEISV: self.device}
            kind = octets[0] & 7
            self.send(1, bytes([GMM, IDENTITY_RESPONSE]) + lv(identity(kind, digits[kind])))
        elif message == AUTHENTICATION_REQUEST:
            self.authenticate(octets)
        elif message == ATTACH_ACCEPT:
            self.area = octets[3:9]
            self.renamed(octets[9:], ATTACH_COMPLETE)
        elif message == RAU_ACCEPT:
            self.area = octets[2:8]
            self.renamed(octets[8:], RAU_COMPLETE)
        elif message == DETACH_REQUEST:
            self.send(1, bytes([GMM, DETACH_ACCEPT]))

    def authenticate(self, octets):
        """Authentication and ciphering, 9.4.9 and 9.4.10."""
        wants_device, reference = octets[0] >> 4 & 7, octets[1] >> 4
        answer = bytes([GMM, AUTHENTICATION_RESPONSE, reference])
        if octets[2:3] == b"\x21":
            response = bytes(4) if self.wrong_key else signed_response(self.key, octets[3:19])
            answer += b"\x22" + response
        if wants_device:
            answer += tlv(0x23, identity(IMEISV, self.device))
        self.send(1, answer)

    def renamed(self, optional, complete):
        """Takes a P-TMSI that came with an accept, 9.4.2 and 9.4.15, and completes."""
        while optional:
            tag, length = optional[0], 1
            if tag == 0x18:
                self.p_tmsi = int.from_bytes(optional[3:7], "big")
                self.go_by(self.p_tmsi | 0xC0000000)
                self.send(1, bytes([GMM, complete]))
                return
            if tag == 0x19:
                self.signature, length = optional[1:4], 4
            elif tag in (0x17, 0x25):
                length = 2
            elif tag < 0x80:
                length = 2 + optional[1]
            optional = optional[length:]

    def answers(self, *messages, discriminator=GMM):
        """Waits for one of these messages; gives it."""
        is_one = lambda: [message for what, message in self.heard if what == discriminator and message in messages]
        names = f"{self.imsi}: answer {[format(message, '02x') for message in messages]}"
        if not is_one():
            self.bss.pump(lambda _: is_one(), names)
        answer = is_one()[0]
        self.heard.clear()
        return answer

    def attach(self, kind=1, by=None):
        """GPRS attach (1) or combined (3), 9.4.1; by IMSI unless it has a P-TMSI, or by an identity of its own."""
        own = by or (temporary(self.p_tmsi) if self.p_tmsi else identity(IMSI, self.imsi))
        octets = bytes([GMM, ATTACH_REQUEST]) + lv(MS_NETWORK_CAPABILITY) + bytes([0x70 | kind]) + b"\x00\x00"
        self.heard.clear()
        self.send(1, octets + lv(own) + self.area + lv(RADIO_ACCESS_CAPABILITY))
        return self.answers(ATTACH_ACCEPT, ATTACH_REJECT, AUTHENTICATION_REJECT)

    def update(self, kind=0):
        """Routing area update, 9.4.14: 0 normal, 1 combined, 2 combined with IMSI attach, 3 periodic."""
        self.heard.clear()
        self.send(1, bytes([GMM, RAU_REQUEST, 0x70 | kind]) + self.area + lv(RADIO_ACCESS_CAPABILITY))
        return self.answers(RAU_ACCEPT, RAU_REJECT)

    def move(self, cell):
        """Goes to another cell; from another routing area it is known by a foreign TLLI."""
        self.cell = cell
        if self.area != cell.identifier[:6]:
            self.go_by(self.p_tmsi & 0x3FFFFFFF | 0x80000000)

    def detach(self, kind=1):
        """Detach, 9.4.5; with the power going off (9, 11) nothing answers."""
        self.heard.clear()
        self.send(1, bytes([GMM, DETACH_REQUEST, kind]) + (tlv(0x18, temporary(self.p_tmsi)) if self.p_tmsi else b""))
        return None if kind & 8 else self.answers(DETACH_ACCEPT)

    def serve(self):
        """SERVICE REQUEST, 9.4.20: of Iu mode only, so the SGSN refuses it or is silent."""
        self.send(1, bytes([GMM, SERVICE_REQUEST, 0x10]) + lv(temporary(self.p_tmsi)))

    def activate(self, access_point, nsapi=5, transaction=0):
        """PDP context activation, 9.5.1, of IPv4 by LLC SAPI 3."""
        name = b"".join(lv(label.encode()) for label in access_point.split("."))
        octets = bytes([transaction << 4 | SM, ACTIVATE_REQUEST, nsapi, 3]) + lv(bytes(11)) + lv(b"\x01\x21")
        self.heard.clear()
        self.send(1, octets + tlv(0x28, name))
        return self.answers(ACTIVATE_ACCEPT, ACTIVATE_REJECT, discriminator=SM)

    def deactivate(self, transaction=0, cause=36):
        """PDP context deactivation, 9.5.8; 36 is regular."""
        self.heard.clear()
        self.send(1, bytes([transaction << 4 | SM, DEACTIVATE_REQUEST, cause]))
        return self.answers(DEACTIVATE_ACCEPT, discriminator=SM)

    def paged(self, imsi, p_tmsi):
        """Any frame answers paging for packets."""
        by_name = p_tmsi and self.p_tmsi and p_tmsi == u32(self.p_tmsi)
        if by_name or imsi == identity(IMSI, self.imsi):
            self.send(1, b"")

    # SNDCP

    def packet(self, packet, nsapi=5, sapi=3, most=400):
        """A user's packet as SN-UNITDATA, 7.2, in segments."""
        parts = [packet[start : start + most] for start in range(0, len(packet), most)]
        for index, part in enumerate(parts):
            more = 0x10 if index + 1 < len(parts) else 0
            first = 0x40 if index == 0 else 0
            header = bytes([first | 0x20 | more | nsapi]) + (b"\x00" if first else b"")
            self.send(sapi, header + u16(index << 12 | self.packets) + part)
        self.packets = (self.packets + 1) % 4096

    def element(self):
        """The phone as an element of BSSGP."""
        return element(0x1F, u32(self.tlli))


def datagram(source, destination, port, data):
    """A user's UDP packet. Its checksum is left out, as IPv4 allows."""
    return ipv4(source, destination, 17, struct.pack(">HHHH", 40_000, port, 8 + len(data), 0) + data)


def segment(source, destination, port, data):
    """A user's TCP packet with data (flags ACK and PSH)."""
    return ipv4(source, destination, 6, struct.pack(">HHIIHHHH", 40_000, port, 1, 1, 0x5018, 8192, 0, 0) + data)


def echo(source, destination, size):
    """An echo request, RFC 792."""
    message = struct.pack(">HHHH", 0x0800, 0, 1, 1) + bytes(index & 0xFF for index in range(size))
    return ipv4(source, destination, 1, message[:2] + u16(checksum(message)) + message[4:])


def ipv4(source, destination, protocol, data):
    header = struct.pack(">HHHHBBH4s4s", 0x4500, 20 + len(data), 1, 0, 64, protocol, 0, source, destination)
    return header[:10] + u16(checksum(header)) + header[12:] + data


def checksum(octets):
    """RFC 1071."""
    octets += b"\x00" * (len(octets) % 2)
    total = sum(struct.unpack(f">{len(octets) // 2}H", octets))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
