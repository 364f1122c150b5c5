"""Gb: phones of a simulated base station system towards a real osmo-sgsn, osmo-hlr and osmo-ggsn. Usage: gb_story.py FOLDER"""
import socket
import sys
import time

from bss import (BVC_BLOCK, BVC_UNBLOCK, BVCI, CAUSE, FLOW_CONTROL_MS, LEAK_RATE, LLC_DISCARDED, LLC_FRAMES, MS_BUCKET_SIZE,
                 NS_BLOCK, NS_BLOCK_ACK, NS_CAUSE, NS_UNBLOCK, NS_UNBLOCK_ACK, NS_VCI, OCTETS, PAGING_PS,
                 RA_CAPABILITY_UPDATE, RADIO_CAUSE, RADIO_STATUS, RESUME, ROUTING_AREA, SUSPEND, SUSPEND_REFERENCE, TAG, Bss, Cell, element,
                 elements)
from coding import temporary, u16
from elements import HERE, Console, Elements
from packet_phone import (ACTIVATE_ACCEPT, ACTIVATE_REJECT, ATTACH_ACCEPT, ATTACH_REJECT, AUTHENTICATION_REJECT,
                          DETACH_REQUEST, RAU_ACCEPT, RAU_REJECT, Phone, datagram, echo, segment)

SGSN = ("127.0.0.21", 23000)
GATEWAY, RESOLVER, SERVER = bytes([10, 99, 0, 1]), bytes([192, 0, 2, 53]), bytes([192, 0, 2, 80])
DNS_QUERY = bytes.fromhex("123401000001000000000000") + b"\x03www\x07example\x03com\x00\x00\x01\x00\x01"
HTTP_GET = b"GET /news HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: phone\r\nAccept: " + b"*/*, " * 200 + b"\r\n\r\n"


def is_heard(what, answer, wanted):
    """A story whose elements answer otherwise than told would record something else."""
    if answer != wanted:
        raise AssertionError(f"{what}: answer {answer:#04x} instead of {wanted:#04x}")


def attaches(phones, stranger, impostor):
    """Attach by IMSI, by a P-TMSI that nobody knows, of an unknown subscriber, and with a wrong key."""
    for phone in phones[:3]:
        is_heard("attach", phone.attach(), ATTACH_ACCEPT)
    is_heard("attach by an unknown P-TMSI", phones[3].attach(by=temporary(0xDEADBEEF)), ATTACH_ACCEPT)
    is_heard("attach of a stranger", stranger.attach(), ATTACH_REJECT)
    is_heard("attach with a wrong key", impostor.attach(), AUTHENTICATION_REJECT)
    phones[0].bss.rest(0.3)


def updates(phones, cells):
    """Into another area and back, periodic; combined, which this SGSN refuses: the phone attaches anew."""
    first, second = phones[:2]
    first.move(cells[1])
    is_heard("update", first.update(), RAU_ACCEPT)
    first.move(cells[0])
    is_heard("update back", first.update(), RAU_ACCEPT)
    second.bss.rest(0.2)
    is_heard("periodic update", second.update(3), RAU_ACCEPT)
    second.bss.rest(0.2)
    second.move(cells[1])
    is_heard("combined update", second.update(1), RAU_REJECT)
    is_heard("combined attach", second.attach(3), ATTACH_ACCEPT)
    second.bss.rest(0.2)


def sessions(phones):
    """Packet contexts, accepted and refused, and what users send in them."""
    first, second = phones[:2]
    for phone in (first, second):
        is_heard("activation", phone.activate("internet"), ACTIVATE_ACCEPT)
        phone.packet(echo(phone.address, GATEWAY, 600))
        phone.packet(datagram(phone.address, RESOLVER, 53, DNS_QUERY))
        phone.packet(segment(phone.address, SERVER, 80, HTTP_GET))
    is_heard("activation of what is not there", phones[2].activate("nowhere.example"), ACTIVATE_REJECT)
    first.bss.rest(0.5)
    first.deactivate()
    second.bss.rest(0.5)


def paging(phone):
    """A packet for a phone that has been silent longer than the READY timer (T3314): it is paged, and answers."""
    phone.bss.rest(3.0)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.sendto(b"news", (socket.inet_ntoa(phone.address), 40_000))
    phone.bss.expect(PAGING_PS)
    phone.bss.rest(0.5)


def radio(bss, phone, cells):
    """What a base station system tells of a phone and of itself, TS 48.018 10.3 and 10.4."""
    bss.signal(SUSPEND, phone.element() + element(ROUTING_AREA, phone.area))
    answer = elements(bss.expect(SUSPEND + 1)[5:])
    bss.signal(RESUME, phone.element() + element(ROUTING_AREA, phone.area)
               + element(SUSPEND_REFERENCE, answer[SUSPEND_REFERENCE]))
    bss.expect(RESUME + 1)
    bss.signal(SUSPEND, element(0x1F, bytes.fromhex("c0ffee00")) + element(ROUTING_AREA, phone.area))
    bss.expect(SUSPEND + 2)
    cell = phone.cell.bvci
    rates = element(MS_BUCKET_SIZE, u16(100)) + element(LEAK_RATE, u16(100))
    bss.send(cell, FLOW_CONTROL_MS, phone.element() + element(TAG, b"\x02") + rates)
    bss.send(cell, RADIO_STATUS, phone.element() + element(RADIO_CAUSE, b"\x00"))
    bss.send(cell, RA_CAPABILITY_UPDATE, phone.element() + element(TAG, b"\x03"))
    bss.signal(LLC_DISCARDED, phone.element() + element(LLC_FRAMES, b"\x01") + element(BVCI, u16(cell))
               + element(OCTETS, bytes([0, 0, 60])))
    phone.send(1, b"\x08\x15\x00", good=False)
    last = cells[-1].bvci
    bss.signal(BVC_BLOCK, element(BVCI, u16(last)) + element(CAUSE, b"\x01"))
    bss.expect(BVC_BLOCK + 1)
    bss.signal(BVC_UNBLOCK, element(BVCI, u16(last)))
    bss.expect(BVC_UNBLOCK + 1)


def leaving(bss, phones, console):
    """Detach with and without the power going off; by the network, whose packet contexts go with it."""
    first, second, third, fourth = phones
    first.detach()
    # The SGSN is telling the HLR that the phone went.
    bss.rest(1.0)
    is_heard("attach by P-TMSI", first.attach(), ATTACH_ACCEPT)
    first.bss.rest(0.2)
    first.detach(9)
    console("enable", f"update-subscriber imsi {second.imsi} cancel update-procedure")
    bss.rest(1.0)
    console(f"update-subscriber imsi {third.imsi} cancel subscription-withdraw")
    bss.rest(1.0)
    is_heard("update after a detach", third.update(), RAU_REJECT)
    fourth.serve()
    bss.rest(0.5)


def maintenance(bss):
    """The virtual connection blocked and free again, TS 48.016 7.2."""
    bss.ns(NS_BLOCK, element(NS_CAUSE, b"\x01") + element(NS_VCI, u16(bss.nsei)))
    bss.expect_ns(NS_BLOCK_ACK)
    bss.ns(NS_UNBLOCK)
    bss.expect_ns(NS_UNBLOCK_ACK)


def main(folder):
    cells = [Cell(2, 23, 5, 6969), Cell(3, 24, 6, 7070)]
    bss = Bss(("127.0.0.31", 23000), SGSN, 1000, cells)
    key = "000102030405060708090a0b0c0d0e{:02x}".format
    new = lambda index, **more: Phone(bss, cells[0], f"00101000000010{index}", f"4917100{index}", f"35824005000{index}0101",
                                      key(index), **more)
    phones = [new(index) for index in range(1, 5)]
    stranger, impostor = new(8), new(9, wrong_key=True)
    configuration = HERE / "gb"
    with Elements(folder) as network:
        network.register([*phones, impostor])
        network.start("osmo-hlr", configuration / "hlr.cfg", "-l", "hlr.db")
        network.start("osmo-ggsn", configuration / "ggsn.cfg")
        network.start("osmo-sgsn", configuration / "sgsn.cfg")
        console = Console(SGSN[0], 4245)
        time.sleep(1.0)
        bss.up()
        attaches(phones, stranger, impostor)
        updates(phones, cells)
        sessions(phones)
        paging(phones[1])
        radio(bss, phones[0], cells)
        leaving(bss, phones, console)
        maintenance(bss)
        network.stop("sgsn")
        network.start("osmo-sgsn", configuration / "sgsn.cfg")
        Console(SGSN[0], 4245)
        time.sleep(1.0)
        bss.up()
        phones[3].update(3)
        phones[3].attach()
        bss.rest(0.5)


if __name__ == "__main__":
    main(sys.argv[1])
