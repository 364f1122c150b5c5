"""A phone on A: MM and CC (3GPP TS 24.008), short messages (TS 24.011, 23.040), supplementary services (TS 24.010)."""
from bsc import CIPHER_MODE_COMMAND
from coding import IMEI, IMEISV, IMSI, bcd, identity, location_area, lv, signed_response, temporary, tlv

MM, CC, RR, SMS, SS = 0x05, 0x03, 0x06, 0x09, 0x0B
DETACH, UPDATE_ACCEPT, UPDATE_REJECT, UPDATE_REQUEST = 0x01, 0x02, 0x04, 0x08
AUTHENTICATION_REJECT, AUTHENTICATION_REQUEST, AUTHENTICATION_RESPONSE = 0x11, 0x12, 0x14
IDENTITY_REQUEST, IDENTITY_RESPONSE, REALLOCATION_COMMAND, REALLOCATION_COMPLETE = 0x18, 0x19, 0x1A, 0x1B
SERVICE_ACCEPT, SERVICE_REJECT, SERVICE_ABORT, SERVICE_REQUEST, REESTABLISHMENT_REQUEST = 0x21, 0x22, 0x23, 0x24, 0x28
PAGING_RESPONSE, CIPHERING_COMPLETE, HANDOVER_COMMAND = 0x27, 0x32, 0x2B
CALL, EMERGENCY_CALL, MESSAGE, SUPPLEMENTARY = 1, 2, 4, 8

ALERTING, PROCEEDING, SETUP, CONNECT, CONFIRMED, CONNECT_ACK = 0x01, 0x02, 0x05, 0x07, 0x08, 0x0F
EMERGENCY_SETUP, HOLD, DISCONNECT, RELEASE_COMPLETE, RELEASE = 0x0E, 0x18, 0x25, 0x2A, 0x2D
STATUS_ENQUIRY, START_DTMF, STOP_DTMF, FACILITY, MODIFY, NOTIFY = 0x34, 0x35, 0x31, 0x3A, 0x17, 0x3E

CP_DATA, CP_ACK, CP_ERROR = 0x01, 0x04, 0x10
RP_DATA_UP, RP_DATA_DOWN, RP_ACK_UP, RP_ACK_DOWN, RP_ERROR_UP, RP_ERROR_DOWN, RP_SMMA = 0, 1, 2, 3, 4, 5, 6

CLASSMARK_1, CLASSMARK_2 = b"\x33", b"\x33\x19\xa2"
SPEECH = tlv(0x04, b"\x60\x04\x02\x00\x81")
SERVICE_CENTRE = b"\x91" + bcd("4917000")


class Phone:
    """A phone at a controller. `picks_up` and `finds_channel` are how its calls go, `memory` whether it takes messages."""

    def __init__(self, bsc, imsi, number, device, key, wrong_key=False):
        self.imsi, self.number, self.device, self.key, self.wrong_key = imsi, number, device, key, wrong_key
        self.tmsi, self.is_on, self.picks_up, self.finds_channel, self.memory = None, True, True, True, True
        self.called, self.ringing, self.old_area = None, None, location_area(0xFFFE)
        self.go_to(bsc)

    def go_to(self, bsc):
        """Takes another controller's cell."""
        self.bsc = bsc
        for other in type(bsc).every:
            if self in other.phones:
                other.phones.remove(self)
        bsc.phones.append(self)

    def own(self):
        """By what it is known."""
        return temporary(self.tmsi) if self.tmsi is not None else identity(IMSI, self.imsi)

    # What it begins

    def update(self, kind=0, own=None):
        """Location update, 9.2.15: 0 normal, 1 periodic, 2 IMSI attach. Gives the answer; the connection is released."""
        octets = bytes([MM, UPDATE_REQUEST, 0x70 | kind]) + self.old_area + CLASSMARK_1 + lv(own or self.own())
        connection = self.bsc.open(self, octets)
        answer = connection.until("answer to the update", is_message(MM, UPDATE_ACCEPT, UPDATE_REJECT, AUTHENTICATION_REJECT))
        connection.gone()
        return answer[1] & 0x3F

    def detach(self):
        """IMSI DETACH INDICATION, 9.2.12."""
        connection = self.bsc.open(self, bytes([MM, DETACH]) + CLASSMARK_1 + lv(self.own()))
        connection.gone()

    def ask(self, service, own=None):
        """CM SERVICE REQUEST, 9.2.9; the connection, once the network has let it begin."""
        octets = bytes([MM, SERVICE_REQUEST, 0x70 | service]) + lv(CLASSMARK_2) + lv(own or self.own())
        return self.bsc.open(self, octets)

    def begin(self, service):
        """A connection in which the network accepted the service, or ciphering in its place (4.5.1.1). One that is too slow for
        its own timers refuses at first."""
        is_refusal, is_answer = is_message(MM, SERVICE_REJECT), is_message(MM, SERVICE_ACCEPT, SERVICE_REJECT)
        for _ in range(4):
            connection = self.ask(service)
            answer = connection.until("service", lambda told, octets: told == CIPHER_MODE_COMMAND or is_answer(told, octets))
            if not is_refusal(None, answer):
                return connection
            connection.gone()
        raise AssertionError(f"service {service} is refused: {answer.hex()}")

    def call(self, number):
        """SETUP, 9.3.23.2; the connection."""
        connection = self.begin(CALL)
        connection.dtap(bytes([CC, SETUP]) + SPEECH + tlv(0x5E, b"\x81" + bcd(number)))
        return connection

    def hang_up(self, connection):
        """DISCONNECT with normal clearing, and what follows."""
        connection.dtap(bytes([CC, DISCONNECT]) + lv(b"\xe1\x90"))
        connection.gone()

    def write(self, number, text):
        """A short message: RP-DATA with SMS-SUBMIT (TS 23.040 9.2.2.2). Gives the connection."""
        connection = self.begin(MESSAGE)
        address = bytes([len(number), 0x91]) + bcd(number)
        submit = b"\x01\x01" + address + b"\x00\x00" + bytes([len(text)]) + septets(text)
        self.relay(connection, 0, RP_DATA_UP, b"\x00" + lv(SERVICE_CENTRE) + lv(submit))
        return connection

    def has_memory(self):
        """RP-SMMA, TS 24.011 7.3.2: there is room again."""
        connection = self.begin(MESSAGE)
        self.relay(connection, 0, RP_SMMA, b"")
        return connection

    def relay(self, connection, transaction, message, octets, reference=7):
        """CP-DATA with a message of the relay layer."""
        connection.dtap(bytes([transaction << 4 | SMS, CP_DATA]) + lv(bytes([message, reference]) + octets), link=3)

    def dial_service(self, operation, parameter):
        """REGISTER with a component invoking a supplementary service (TS 24.080 3.6). Gives the connection."""
        connection = self.begin(SUPPLEMENTARY)
        invoke = tlv(0xA1, b"\x02\x01\x01" + tlv(0x02, bytes([operation])) + parameter)
        connection.dtap(bytes([SS, 0x3B]) + tlv(0x1C, invoke) + b"\x7f\x01\x00")
        return connection

    # What it answers

    def paged(self, imsi, tmsi):
        """PAGING RESPONSE, TS 44.018 9.1.25, where it is on and the paging is for it."""
        by_name = tmsi is not None and self.tmsi is not None and int.from_bytes(tmsi, "big") == self.tmsi
        if self.is_on and (by_name or imsi == identity(IMSI, self.imsi) and tmsi is None):
            self.called = self.bsc.open(self, bytes([RR, PAGING_RESPONSE, 0x00]) + lv(CLASSMARK_2) + lv(self.own()))

    def ciphered(self):
        """CIPHERING MODE COMPLETE, TS 44.018 9.1.10, with the IMEISV that the network wants."""
        return bytes([RR, CIPHERING_COMPLETE]) + tlv(0x17, identity(IMEISV, self.device))

    def handed_over(self):
        """HANDOVER COMMAND, TS 44.018 9.1.15, as the target makes it: cell, channel, reference, power."""
        return bytes([RR, HANDOVER_COMMAND]) + bytes.fromhex("3f6e 0a606e 2a 05")

    def downlink(self, connection, octets, link):
        discriminator = octets[0] & 0x0F
        if discriminator == MM:
            self.mobility(connection, octets[1] & 0x3F, octets[2:])
        elif discriminator == CC:
            self.calling(connection, octets[0] >> 4, octets[1] & 0x3F)
        elif discriminator == SMS and octets[1] == CP_DATA:
            self.message(connection, octets[0] >> 4, octets[3 : 3 + octets[2]])

    def mobility(self, connection, message, octets):
        if message == IDENTITY_REQUEST:
            digits = {IMSI: self.imsi, IMEI: self.device[:14] + "0", IMEISV: self.device}
            kind = octets[0] & 7
            connection.dtap(bytes([MM, IDENTITY_RESPONSE]) + lv(identity(kind, digits[kind])))
        elif message == AUTHENTICATION_REQUEST:
            response = bytes(4) if self.wrong_key else signed_response(self.key, octets[1:17])
            connection.dtap(bytes([MM, AUTHENTICATION_RESPONSE]) + response)
        elif message == UPDATE_ACCEPT:
            self.old_area = octets[:5]
            self.renamed(connection, octets[5:])
        elif message == REALLOCATION_COMMAND:
            self.renamed(connection, b"\x17" + octets[5:])

    def renamed(self, connection, octets):
        if octets[:3] == b"\x17\x05\xf4":
            self.tmsi = int.from_bytes(octets[3:7], "big")
            connection.dtap(bytes([MM, REALLOCATION_COMPLETE]))

    def calling(self, connection, transaction, message):
        """One side of a call; our flag of the transaction is the other one's turned round (TS 24.007 11.2.3.1.3)."""
        ours = bytes([(transaction ^ 8) << 4 | CC])
        if message == SETUP:
            self.ringing = ours
            connection.dtap(ours + bytes([CONFIRMED]) + SPEECH)
        elif message == CONNECT:
            connection.dtap(ours + bytes([CONNECT_ACK]))
        elif message == DISCONNECT:
            connection.dtap(ours + bytes([RELEASE]))
        elif message == RELEASE:
            connection.dtap(ours + bytes([RELEASE_COMPLETE]))

    def has_channel(self, connection):
        """A phone that is called rings and is answered once it has a channel for voice."""
        if self.ringing:
            connection.dtap(self.ringing + bytes([ALERTING]))
            if self.picks_up:
                connection.dtap(self.ringing + bytes([CONNECT]))
        self.ringing = None

    def message(self, connection, transaction, octets):
        ours = transaction ^ 8
        connection.dtap(bytes([ours << 4 | SMS, CP_ACK]), link=3)
        if octets[0] == RP_DATA_DOWN:
            # Memory capacity exceeded, TS 24.011 8.2.5.4.
            answer = (RP_ACK_UP, b"") if self.memory else (RP_ERROR_UP, lv(b"\x16"))
            self.relay(connection, ours, *answer, reference=octets[1])


def is_message(discriminator, *messages):
    """Whether what was heard is one of a phone's messages."""
    return lambda told, octets: told is None and octets[0] & 0x0F == discriminator and octets[1] & 0x3F in messages


def septets(text):
    """Seven bits a letter, TS 23.038 6.1.2.1, of letters that ASCII has at the same place."""
    bits = sum(ord(letter) << 7 * index for index, letter in enumerate(text))
    return bits.to_bytes((7 * len(text) + 7) // 8, "little")
