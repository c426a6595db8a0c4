# SPDX-License-Identifier: GPL-3.0-or-later
"""The end of script/test: time of each part, the slowest tests of all suites, the skipped tests by reason, one line of result.

usage: report.py FOLDER     a folder with parts.tsv and the JUnit files of the suites (script/suites.sh)

Exit 1 when a part failed, when no part ran, when a JUnit file cannot be read, or when HONE_FORBID_SKIPS=1 and a test was skipped for another reason than hardware.
"""
import collections
import dataclasses
import os
import pathlib
import re
import sys
import time
import xml.etree.ElementTree

SLOWEST = 20
HARDWARE = re.compile(r'(.*: Skipped: |Skipped: )?hardware: ')


@dataclasses.dataclass
class Case:
    suite: str
    name: str
    seconds: float
    outcome: str  # passed, failed or skipped
    reason: str = ''


def skip_reason(case, skipped):
    """pytest and node write it as an attribute; ctest has the output of GoogleTest, where it follows FILE:LINE: Skipped."""
    message = skipped.get('message') or (skipped.text or '')
    output = case.findtext('system-out') or ''
    found = re.search(r': Skipped\n(.+)', output)
    return (found[1] if found else message).strip() or 'no reason given'


def read_suite(path):
    suite, cases = path.stem, []
    for case in xml.etree.ElementTree.parse(path).iter('testcase'):
        name = case.get('name', '')
        if case.get('classname') not in (None, 'test', '', name):  # ctest and node say nothing more with it
            name = f'{case.get("classname")}::{name}'
        seconds = float(case.get('time') or 0)
        skipped = case.find('skipped')
        if skipped is not None:
            cases.append(Case(suite, name, seconds, 'skipped', skip_reason(case, skipped)))
        elif case.find('failure') is not None or case.find('error') is not None:
            cases.append(Case(suite, name, seconds, 'failed'))
        else:
            cases.append(Case(suite, name, seconds, 'passed'))
    return cases


def read_parts(folder):
    """[(outcome, name, seconds)] in the order in which they ended."""
    rows = [line.split('\t') for line in (folder / 'parts.tsv').read_text().splitlines()]
    return [(outcome, name, int(seconds)) for outcome, name, seconds in rows]


def report(folder, forbid_skips, seconds):
    """(lines, whether all is well)"""
    parts, cases, lines, unreadable = read_parts(folder), [], [], False
    for path in sorted(folder.glob('*.xml')):
        try:
            cases += read_suite(path)
        except xml.etree.ElementTree.ParseError as error:
            unreadable = True  # its skips would go unnoticed
            lines.append(f'{path.name} cannot be read: {error}')
    lines += ['', 'parts'] + [f'  {outcome}  {name:12} {took:5} s' for outcome, name, took in parts]
    failed = [case for case in cases if case.outcome == 'failed']
    if failed:
        lines += ['', 'failed tests'] + [f'  {case.suite}: {case.name}' for case in failed]
    slowest = sorted(cases, key=lambda case: -case.seconds)[:SLOWEST]
    lines += ['', f'slowest {len(slowest)} of {len(cases)} tests'] + [f'  {case.seconds:7.1f} s  {case.suite}: {case.name}' for case in slowest]
    skipped = [case for case in cases if case.outcome == 'skipped']
    reasons = collections.Counter((case.reason, case.suite) for case in skipped)
    lines += ['', f'skipped tests: {len(skipped)}'] + [f'  {count:4}  {suite}: {reason}' for (reason, suite), count in reasons.most_common()]
    forbidden = [case for case in skipped if not HARDWARE.match(case.reason)] if forbid_skips else []
    if forbidden:
        lines += ['', 'skipped for another reason than hardware'] + [f'  {case.suite}: {case.name}' for case in forbidden]
    well = bool(parts) and all(outcome == 'passed' for outcome, _, _ in parts) and not failed and not forbidden and not unreadable
    counts = collections.Counter(case.outcome for case in cases)
    lines += ['', f'{"passed" if well else "FAILED"}: {counts["passed"]} tests passed, {counts["failed"]} failed, {counts["skipped"]} skipped, '
                  f'{len(parts)} parts in {seconds // 60} min {seconds % 60:02} s']
    return lines, well


if __name__ == '__main__':
    folder = pathlib.Path(sys.argv[1])
    begin = int((folder / 'begin').read_text())
    lines, well = report(folder, os.environ.get('HONE_FORBID_SKIPS') == '1', int(time.time()) - begin)
    print('\n'.join(lines))
    sys.exit(not well)
