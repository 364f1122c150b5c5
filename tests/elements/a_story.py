"""A: phones of simulated controllers towards a real osmo-stp, osmo-msc, osmo-hlr and osmo-mgw. Usage: a_story.py FOLDER"""
import subprocess
import sys
import time

from bsc import (CAUSE, CELLS, CLEAR_REQUEST, CLASSMARK_2, CLASSMARK_UPDATE, CLEAR_COMMAND, HANDOVER_COMMAND,
                 HANDOVER_COMPLETE, HANDOVER_DETECT, HANDOVER_FAILURE, HANDOVER_PERFORMED, HANDOVER_REQUIRED, RESET,
                 RESET_ACK, SAPI_N_REJECT, CELL, SPEECH_VERSION, Bsc)
from circuit_phone import (ALERTING, CALL, CC, CONNECT, CP_DATA, DISCONNECT, EMERGENCY_CALL, EMERGENCY_SETUP, HOLD, MM,
                           REESTABLISHMENT_REQUEST, RELEASE, RELEASE_COMPLETE, SERVICE_REJECT, SETUP, SMS, SPEECH, SS, START_DTMF,
                           STATUS_ENQUIRY, STOP_DTMF, SUPPLEMENTARY, UPDATE_ACCEPT, UPDATE_REJECT,
                           CLASSMARK_2 as PHONE_CLASSMARK, Phone, is_message)
from coding import lv, temporary, tlv
from elements import HERE, Console, Elements, is_listening, until

HLR = ("127.0.0.13", 4222)
GATEWAY, MSC_CONSOLE = ("127.0.0.10", 5000), ("127.0.0.11", 4254)
# How often a phone tries what a busy machine's network, whose timers run on, gives up on its own.
ATTEMPTS = 20
EXCHANGE, TOWN, COUNTRY = 0 << 11 | 23 << 3 | 1, 0 << 11 | 23 << 3 | 3, 0 << 11 | 23 << 3 | 4


def is_heard(what, answer, wanted):
    """A story whose elements answer otherwise than told would record something else."""
    if answer != wanted:
        raise AssertionError(f"{what}: answer {answer:#04x} instead of {wanted:#04x}")


def registers(what, phone, *how):
    """A location update that is accepted: again where a slow network gives up on its own, as phones do (TS 24.008 4.4.4.9)."""
    for _ in range(ATTEMPTS):
        answer = phone.update(*how)
        if answer == UPDATE_ACCEPT:
            return
    is_heard(what, answer, UPDATE_ACCEPT)


def talks(caller, number):
    """A call that is answered and lasts: again where the exchange, slow to connect voice, gives up on its own."""
    is_answer, is_end = is_message(CC, CONNECT), is_message(CC, DISCONNECT, RELEASE, RELEASE_COMPLETE)
    for _ in range(ATTEMPTS):
        connection = caller.call(number)
        said = connection.until("answer", lambda told, octets: is_answer(told, octets) or is_end(told, octets))
        Bsc.rest(0.5)
        if is_answer(None, said) and connection.is_open and not any(is_end(*heard) for heard in connection.heard):
            return connection
        connection.gone()
    raise AssertionError(f"no call to {number} lasts")


def reset(bsc):
    """RESET by the controller, TS 48.008 3.1.4.1.1: O&M intervention; again until the exchange, which may just start, answers."""
    bsc.heard.clear()
    for _ in range(20):
        bsc.unit(RESET, tlv(CAUSE, b"\x07"))
        Bsc.rest(1.0)
        if RESET_ACK in bsc.heard:
            return
    raise TimeoutError("no answer to RESET")


def updates(phones, stranger, impostor):
    """Location updates: by IMSI, IMSI attach, periodic, by an unknown TMSI, of a stranger, with a wrong key."""
    for phone in phones[:3]:
        registers("update", phone)
    registers("update by an unknown TMSI", phones[3], 0, temporary(0x0BADBEEF))
    registers("IMSI attach", phones[3], 2)
    registers("periodic update", phones[0], 1)
    is_heard("update of a stranger", stranger.update(), UPDATE_REJECT)
    is_heard("update with a wrong key", impostor.update(), UPDATE_REJECT)
    phones[3].detach()
    phones[3].is_on = False


def calls(phones):
    """Answered, not answered, to a phone that is off, to nobody, without a channel, emergency; and refused."""
    first, second, third, fourth = phones
    connection = talks(first, second.number)
    for message in (START_DTMF, STOP_DTMF, STATUS_ENQUIRY, HOLD):
        connection.dtap(bytes([CC, message]) + (b"\x2c\x35" if message == START_DTMF else b""))
    connection.bssmap(HANDOVER_PERFORMED, tlv(CAUSE, b"\x0c") + tlv(CELL, b"\x00" + first.bsc.cell))
    connection.bssmap(CLASSMARK_UPDATE, tlv(CLASSMARK_2, PHONE_CLASSMARK))
    Bsc.rest(0.3)
    first.hang_up(connection)
    second.called.gone()

    third.picks_up = False
    connection = first.call(third.number)
    connection.until("alerting", is_message(CC, ALERTING))
    first.hang_up(connection)
    third.called.gone()
    third.picks_up = True

    for number in (fourth.number, "49179999"):
        first.call(number).gone()
    second.finds_channel = False
    second.call(third.number).gone()
    second.finds_channel = True
    connection = third.begin(EMERGENCY_CALL)
    connection.dtap(bytes([CC, EMERGENCY_SETUP]) + SPEECH)
    connection.until("answer", is_message(CC, CONNECT))
    third.hang_up(connection)
    second.called.gone()
    refused = first.ask(CALL, temporary(0x0BADF00D))
    refused.gone()


def lost(phones):
    """A call whose radio link breaks, and an attempt to go on with it that this exchange refuses."""
    first, second = phones[:2]
    connection = talks(first, second.number)
    connection.bssmap(CLEAR_REQUEST, tlv(CAUSE, b"\x01"))
    connection.gone()
    again = first.bsc.open(first, bytes([MM, REESTABLISHMENT_REQUEST, 0x00]) + lv(PHONE_CLASSMARK) + lv(first.own()))
    Bsc.rest(0.5)
    if again.is_open:
        again.bssmap(CLEAR_REQUEST, tlv(CAUSE, b"\x01"))
        again.gone()
    second.called.gone()


def messages(phones, console):
    """Short messages between phones, to nobody, into a full memory, from the network, silent."""
    first, second, third, _ = phones
    second.called = None
    first.write(second.number, "see you at eight").gone()
    until(lambda: Bsc.rest(0.1) or second.called, "no message comes")
    second.called.gone()
    first.write("49179999", "anybody").gone()
    second.memory, second.called = False, None
    console("enable", f"subscriber imsi {second.imsi} sms sender msisdn {first.number} send there is no room")
    until(lambda: Bsc.rest(0.1) or second.called, "no message comes to a full memory")
    second.called.gone()
    second.memory = True
    second.has_memory().gone()
    Bsc.rest(1.0)
    third.called = None
    console(f"subscriber imsi {third.imsi} silent-sms sender msisdn {first.number} send x")
    until(lambda: Bsc.rest(0.1) or third.called, "no silent message comes")
    third.called.gone()
    connection = first.begin(SUPPLEMENTARY)
    connection.bssmap(SAPI_N_REJECT, b"\x18\x03" + tlv(CAUSE, b"\x25"))
    connection.bssmap(CLEAR_REQUEST, tlv(CAUSE, b"\x01"))
    connection.gone()


def services(phones):
    """Supplementary services: USSD that is answered, USSD that nobody knows, an interrogation of call forwarding."""
    first = phones[0]
    for code in ("*#100#", "*123#"):
        letters = sum(ord(letter) << 7 * index for index, letter in enumerate(code))
        text = letters.to_bytes((7 * len(code) + 7) // 8, "little")
        first.dial_service(59, tlv(0x30, b"\x04\x01\x0f" + tlv(0x04, text))).gone()
    connection = first.dial_service(14, tlv(0x30, b"\x04\x01\x21"))
    Bsc.rest(1.0)
    if connection.is_open:
        connection.bssmap(CLEAR_REQUEST, tlv(CAUSE, b"\x01"))
        connection.gone()


def handovers(phones, country):
    """A call that goes to another controller; one whose phone comes back, having found nothing there."""
    first, second = phones[:2]
    town = first.bsc
    for fails in (False, True):
        connection = talks(first, second.number)
        country.awaited = connection
        connection.bssmap(HANDOVER_REQUIRED, tlv(CAUSE, b"\x0c") + tlv(CELLS, b"\x00" + country.cell))
        until(lambda: Bsc.rest(0.1) or country.handed_over, "no handover request")
        target = country.handed_over.pop()
        connection.told(HANDOVER_COMMAND)
        if fails:
            connection.bssmap(HANDOVER_FAILURE, tlv(CAUSE, b"\x0a"))
            target.gone()
            first.hang_up(connection)
        else:
            target.bssmap(HANDOVER_DETECT)
            target.bssmap(HANDOVER_COMPLETE)
            connection.gone()
            Bsc.rest(0.5)
            first.hang_up(target)
        second.called.gone()


def main(folder):
    configuration = HERE / "a"
    key = "000102030405060708090a0b0c0d0e{:02x}".format
    with Elements(folder) as network:
        network.start("osmo-stp", configuration / "stp.cfg")
        town = Bsc("town", GATEWAY, TOWN, EXCHANGE, 23, 6969)
        country = Bsc("country", GATEWAY, COUNTRY, EXCHANGE, 24, 7070)
        new = lambda index, **more: Phone(town, f"00101000000020{index}", f"4917100{index}", f"35824005100{index}0101",
                                          key(index), **more)
        phones = [new(index) for index in range(1, 5)]
        stranger, impostor = new(8), new(9, wrong_key=True)
        network.register([*phones, impostor])
        network.start("osmo-hlr", configuration / "hlr.cfg", "-l", "hlr.db")
        # An exchange that finds no HLR asks again after ten seconds only, and refuses everybody until then.
        until(lambda: is_listening(*HLR), "the HLR does not listen")
        network.start("osmo-mgw", configuration / "mgw.cfg")
        network.start("osmo-msc", configuration / "msc.cfg")
        console = Console(*MSC_CONSOLE)
        network.start("osmo-bsc", configuration / "bsc.cfg")
        town.link()
        country.link()
        reset(town)
        reset(country)
        updates(phones, stranger, impostor)
        messages(phones, console)
        services(phones)
        calls(phones)
        lost(phones)
        handovers(phones, country)
        phones[0].go_to(country)
        registers("update in another area", phones[0])
        phones[0].called = None
        console("enable", f"subscriber imsi {phones[0].imsi} paging")
        until(lambda: Bsc.rest(0.1) or phones[0].called, "nobody is paged")
        Bsc.rest(1.0)
        left = phones[1].call("49179998")
        reset(town)
        network.stop("msc")
        Bsc.rest(0.5)
        network.start("osmo-msc", configuration / "msc.cfg")
        until(lambda: Bsc.rest(0.1) or is_listening(*MSC_CONSOLE), "the exchange does not come back")
        reset(town)
        registers("update after the restart", phones[1])


if __name__ == "__main__":
    main(sys.argv[1])
