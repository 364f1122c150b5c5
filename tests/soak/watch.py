"""Watches a soak and says what came of it. Usage: watch.py FOLDER CONSOLE METRICS during MINUTES PID | after INTERFACE... | judge STATUS.
`during` asks everything every five seconds, changes a scenario every minute and erases a subscriber every ten; `after` takes down
how all stands when nothing comes any more; `judge`, when the service has ended with that status, tells all that is wrong, and exits
with 1 where anything is."""

import collections
import json
import os
import re
import signal
import sys
import time
import urllib.request

from identities import Identities

PAGES = ["/", "/scenarios", "/scenarios/dial-114", "/offers", "/areas", "/privacy", "/api/v1/status", "/api/v1/history",
         "/api/v1/scenarios", "/api/v1/offers", "/metrics"]
# What may be warned of here, and why.
EXPECTED = {
    r"channel is down|link to the message centre is down|cannot bind again yet": "the message centre is started anew",
    r"looking for it every second|is back": "the second link goes down and comes back",
}
# Memory may rise by so much from the first third to the last one, beside what each phone on Gb takes that was heard within the hour
# (measured; docs/memory.md allows for 3,200): every town has phones of its own, and an hour of towns is only then over.
FLAT, PHONE_OCTETS = 1.10, 1_800

folder, console, metrics, *todo = sys.argv[1:]
identities = Identities(folder)


def ask(path, role="operator", body=None, patience=20):
    token = open(f"{folder}/{role}.token").read().strip()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(console + path, body, headers)
    with urllib.request.urlopen(request, timeout=patience) as answer:
        return answer.read()


def look(found, failed):
    """Asks for everything; notes identities in it, and what is not answered. Gives the status."""
    who = json.dumps({"subscriber": next(iter(identities.imsis)).decode()}).encode()
    questions = {path: lambda path=path: ask(path) for path in PAGES}
    questions["metrics"] = lambda: urllib.request.urlopen(metrics, timeout=20).read()
    for path in ["/privacy", "/api/v1/audit"]:
        questions[f"{path} (privacy officer)"] = lambda path=path: ask(path, "privacy_officer")
    questions["explain"] = lambda: ask("/api/v1/explain", "operator", who)
    questions["page in the browser"] = lambda: open(f"{folder}/page.html", "rb").read()
    answers = {}
    for name, question in questions.items():
        try:
            answers[name] = question()
            found[name] += len(identities.within(answers[name]))
        except FileNotFoundError:
            pass  # The browser has seen no page yet.
        except OSError as error:
            failed[f"{name}: {error}"] += 1
    return json.loads(answers.get("/api/v1/status", "null"))


def packets(interfaces):
    return [int(open(f"/sys/class/net/{name}/statistics/rx_packets").read()) for name in interfaces]


def counts(status):
    return {one["name"]: one["count"] for one in status["engine"]}


def change(minute):
    """A limit each minute, and a pattern every fifth."""
    file = f"{folder}/scenarios/scenarios/dial-114.yaml"
    text = open(file, encoding="utf-8").read()
    text = re.sub(r"时效: \d+m", f"时效: {2 + minute % 3}m", text)
    if minute % 5 == 0:
        other = '["114", "12580"]' if minute % 10 else '["114"]'
        text = re.sub(r"被叫: \[[^]]*\]", f"被叫: {other}", text)
    with open(f"{file}.new", "w", encoding="utf-8") as draft:
        draft.write(text)
    os.rename(f"{file}.new", file)


def forget(who, failed):
    """Has a subscriber erased; gives the seconds that it took."""
    begun = time.monotonic()
    try:
        ask("/api/v1/forget", "privacy_officer", json.dumps({"subscriber": who}).encode(), patience=300)
    except OSError as error:
        failed[f"forget: {error}"] += 1
    return time.monotonic() - begun


def during(minutes, service):
    found, failed, memory, beside, erased = collections.Counter(), collections.Counter(), [], [], []
    somebody = iter(sorted(who.decode() for who in identities.imsis))
    print(f"{'minute':>6} {'MB':>6} {'known':>8} {'phones':>8} {'frames':>12} {'lost':>8} {'events':>10} {'late':>8} {'offers':>8}"
          f" {'taken':>8} {'p99 send':>9} {'slowest':>8}", flush=True)
    begun, status = time.monotonic(), None
    for minute in range(1, int(minutes) + 1):
        slowest = 0
        while time.monotonic() < begun + 60 * minute:
            asked = time.monotonic()
            status = look(found, failed) or status
            slowest = max(slowest, time.monotonic() - asked)
            time.sleep(5)
        change(minute)
        os.kill(int(service), signal.SIGHUP)
        if minute % 10 == 2:
            erased.append(forget(next(somebody), failed))
        phones = sum(one["count"] for feed in status["feeds"] for one in feed["probe"] if one["name"] == "links_open")
        beside.append((status["resident_octets"] - PHONE_OCTETS * phones) // 1_000_000)
        memory.append(status["resident_octets"] // 1_000_000)
        engine = counts(status)
        frames = sum(feed["frames"] for feed in status["feeds"])
        lost = sum(one["dropped_by_kernel"] + one["dropped_by_interface"] for feed in status["feeds"] for one in feed["interfaces"])
        sent = next((delay["p99_s"] for delay in status["delays"] if delay["what"] == "send"), None)
        known = sum(shard["subscribers"] for shard in status["shards"])
        print(f"{minute:6} {memory[-1]:6} {known:8,} {phones:8,} {frames:12,} {lost:8,} {engine['events']:10,} {engine['late']:8,}"
              f" {engine['proposed']:8,} {engine['accepted']:8,} {sent or 0:8.3f}s {slowest:7.2f}s", flush=True)
        with open(f"{folder}/during.json", "w") as file:
            json.dump({"identities": found, "memory": memory, "beside": beside, "erased": erased, "failed": failed}, file)


def after(*interfaces):
    found, failed = collections.Counter(), collections.Counter()
    status = look(found, failed)
    with open(f"{folder}/after.json", "w") as file:
        json.dump({"identities": found, "failed": failed, "status": status, "packets": dict(zip(interfaces, packets(interfaces)))}, file)


def warnings(log):
    """Messages of warnings and errors, without their numbers."""
    told = collections.Counter()
    for line in log:
        try:
            line = json.loads(line)
        except ValueError:
            line = {"level": "ERROR", "message": f"no JSON: {line}"}
        if line["level"] in ("WARN", "ERROR"):
            told[line["level"] + " " + re.sub(r"[0-9.]+", "N", line["message"])] += 1
    return told


def judge(ended):
    faults = [f"it ended with {ended}"] if int(ended) else []
    watched, last = json.load(open(f"{folder}/during.json")), json.load(open(f"{folder}/after.json"))
    log = open(f"{folder}/log", "rb").read()
    found = collections.Counter(watched["identities"]) + collections.Counter(last["identities"])
    found["log"] = len(identities.within(log))
    lines, in_events = map(int, open(f"{folder}/events").read().split())
    found["events for others"] = in_events
    audit = f"{folder}/audit.jsonl"
    found["audit log"] = len(identities.within(open(audit, "rb").read()))
    faults += [f"{count} identities in clear in {name}" for name, count in found.items() if count]
    failed = collections.Counter(watched["failed"]) + collections.Counter(last["failed"])
    faults += [f"{count} times not answered: {what}" for what, count in failed.items()]

    status = last["status"]
    for feed in status["feeds"]:
        for one in feed["interfaces"]:
            came = last["packets"][one["name"]]
            told = one["received"] + one["filtered"] + one["dropped_by_interface"]
            print(f"{one['name']}: {came:,} packets came, {one['received']:,} received, {one['filtered']:,} passed over, "
                  f"{one['dropped_by_kernel']:,} dropped by the kernel, {one['decoded']:,} decoded, {one['gaps']} gaps")
            # While an interface is away nobody counts for us.
            if one["gaps"] == 0 and came != told:
                faults.append(f"{one['name']}: {came - told} packets are not counted")
            if one["received"] != one["decoded"] + one["dropped_by_kernel"]:
                faults.append(f"{one['name']}: received is not decoded and dropped")
    engine = counts(status)
    kinds = sum(one["count"] for one in status["events"])
    if kinds != engine["events"]:
        faults.append(f"{kinds} events by kind, {engine['events']} in the engine")
    ended = {"accepted", "failed", "unknown", "expired", "scrubbed", "arbiter_withheld", "outbox_limit"}
    settled = sum(engine[name] for name in ended)
    print(f"{engine['events']:,} events, {engine['unresolved']:,} of nobody known; {engine['proposed']:,} offers: "
          + ", ".join(f"{engine[name]:,} {name}" for name in sorted(ended) if engine[name]))
    if settled != engine["proposed"]:
        print(f"on their way in the end: {engine['proposed'] - settled:,}")
    late = ", ".join(f"{feed['late']:,} of {feed['name']}" for feed in status["feeds"])
    print(f"{lines:,} events told to others; {engine['late']:,} came late: {late}")
    seconds = ", ".join(f"{length:.1f}" for length in watched["erased"])
    print(f"subscribers erased, in seconds: {seconds or 'none'}")
    in_audit = open(audit, encoding="utf-8").read().count('"forgotten"')
    if in_audit != len(watched["erased"]):
        faults.append(f"{len(watched['erased'])} erased, {in_audit} in the audit log")
    for delay in status["delays"]:
        if delay["count"]:
            print(f"{delay['what']} {delay.get('channel') or ''}: {delay['count']:,} times, half within {1e3 * delay['median_s']:.1f} ms, "
                  f"99 of 100 within {1e3 * delay['p99_s']:.1f} ms")

    memory, beside = watched["memory"], watched["beside"]
    third = max(1, len(memory) // 3)
    first, final = max(beside[:third]), max(beside[-third:])
    print(f"memory: {max(memory)} MB at most; without phones on Gb {first} MB in the first third, {final} MB in the last")
    if len(memory) >= 30 and final > FLAT * first:
        faults.append(f"memory rose from {first} to {final} MB")
    for message, count in warnings(log.splitlines()).items():
        why = next((why for pattern, why in EXPECTED.items() if re.search(pattern, message)), None)
        print(f"{count} × {message}: {why or 'NOT EXPLAINED'}")
        if why is None:
            faults.append(f"not explained: {message}")
    seen = open(f"{folder}/browser.seen").read().strip()
    print(f"{seen} pages looked at in the browser")
    if os.path.exists(f"{folder}/browser.faults"):
        faults += open(f"{folder}/browser.faults").read().splitlines()
    for fault in faults:
        print(f"FAULT {fault}")
    sys.exit(1 if faults else 0)


{"during": during, "after": after, "judge": judge}[todo[0]](*todo[1:])
