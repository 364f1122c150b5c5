"""The identities of a synthetic town, and where they stand in clear."""

import csv
import re

DIGITS = re.compile(rb"[0-9]{11,}")


class Identities:
    def __init__(self, folder):
        with open(f"{folder}/subscribers.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.imsis = {row["imsi"].encode() for row in rows}
        # With or without the country's code.
        self.numbers = {re.sub(r"\D", "", row["msisdn"])[-11:].encode() for row in rows if row["msisdn"]}

    def within(self, text):
        """Every IMSI and every number of the town that stands in these octets."""
        runs = DIGITS.findall(text)
        return [run for run in runs if run[:15] in self.imsis or run[-11:] in self.numbers]
