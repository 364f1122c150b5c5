"""Encodings that phones on A and on Gb share: identities, areas, numbers (3GPP TS 24.008 clause 10.5), authentication."""
import subprocess

IMSI, IMEI, IMEISV = 1, 2, 3


def u16(number):
    """Two octets, the most significant first."""
    return number.to_bytes(2, "big")


def u32(number):
    """Four octets, the most significant first."""
    return number.to_bytes(4, "big")


def bcd(digits):
    """Digits, two an octet, the first in the low half; a filler where the last half is left."""
    digits += "f" * (len(digits) % 2)
    return bytes(int(high + low, 16) for low, high in zip(digits[::2], digits[1::2]))


def lv(value):
    """A value behind its length."""
    return bytes([len(value)]) + value


def tlv(tag, value):
    """A value behind its tag and length."""
    return bytes([tag]) + lv(value)


def identity(kind, digits):
    """Mobile identity, 10.5.1.4: the type of identity and whether the digits are odd in number, before the digits."""
    return bcd(format(kind | (len(digits) % 2) << 3, "x") + digits)


def temporary(tmsi):
    """Mobile identity, 10.5.1.4: TMSI or P-TMSI."""
    return b"\xf4" + u32(tmsi)


def location_area(lac):
    """Location area identification, 10.5.1.3, of the test network 001-01."""
    return bytes.fromhex("00f110") + u16(lac)


def routing_area(lac, rac):
    """Routing area identification, 10.5.5.15."""
    return location_area(lac) + bytes([rac])


def signed_response(key, challenge):
    """SRES of COMP128 version 1, as the SIM computes it."""
    words = ["osmo-auc-gen", "-2", "-a", "comp128v1", "-k", key, "-r", challenge.hex()]
    lines = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    return bytes.fromhex(next(line.split()[1] for line in lines if line.startswith("SRES")))
