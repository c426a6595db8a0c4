# SPDX-License-Identifier: GPL-3.0-or-later
"""report.py on JUnit files as ctest, pytest and node write them."""
import report

CTEST = '''<?xml version="1.0"?><testsuite tests="3">
<testcase name="Walk.Finds" classname="Walk.Finds" time="0.25" status="run"><system-out>ok</system-out></testcase>
<testcase name="Devices.Cuda" classname="Devices.Cuda" time="1.5" status="notrun"><skipped message="SKIP_REGULAR_EXPRESSION_MATCHED"/>
<system-out>[ RUN      ] Devices.Cuda
/x/session_test.cpp:12: Skipped
hardware: no graphics card
</system-out></testcase>
<testcase name="Walk.Loses" classname="Walk.Loses" time="0.5" status="fail"><failure message=""/><system-out>bad</system-out></testcase>
</testsuite>'''
PYTEST = '''<testsuites><testsuite><testcase classname="tests.e2e.test_http" name="test_get" time="9.5"/>
<testcase classname="tests.e2e.test_http" name="test_put" time="0.1"><skipped type="pytest.skip" message="the moon is down">x.py:3: the moon is down</skipped></testcase>
</testsuite></testsuites>'''
NODE = '<testsuites><testcase name="a click" time="2" classname="test"/><testsuite name="s"><testcase name="inner" time="1" classname="test"/></testsuite></testsuites>'


def write(folder, **suites):
    for name, text in suites.items():
        (folder / f'{name}.xml').write_text(text)


def test_everything_is_told(tmp_path):
    write(tmp_path, unit=CTEST, e2e=PYTEST, browser=NODE)
    (tmp_path / 'parts.tsv').write_text('passed\te2e\t61\nFAILED\tunit\t3\n')
    lines, well = report.report(tmp_path, False, 125)
    assert not well and lines[-1] == 'FAILED: 4 tests passed, 1 failed, 2 skipped, 2 parts in 2 min 05 s'
    assert '  FAILED  unit             3 s' in lines and '  unit: Walk.Loses' in lines
    slow = [line.split('s  ')[1] for line in lines[lines.index('slowest 7 of 7 tests') + 1:][:3]]
    assert slow == ['e2e: tests.e2e.test_http::test_get', 'browser: a click', 'unit: Devices.Cuda']
    assert '     1  unit: hardware: no graphics card' in lines and '     1  e2e: the moon is down' in lines


def test_only_hardware_excuses_a_skip(tmp_path):
    (tmp_path / 'parts.tsv').write_text('passed\te2e\t1\n')
    write(tmp_path, e2e=PYTEST)
    assert report.report(tmp_path, False, 1)[1] and not report.report(tmp_path, True, 1)[1]
    write(tmp_path, e2e=PYTEST.replace('the moon is down', 'hardware: the moon is down'))
    assert report.report(tmp_path, True, 1)[1]


def test_a_file_cut_short_and_no_part_at_all(tmp_path):
    (tmp_path / 'parts.tsv').write_text('passed\te2e\t1\n')
    write(tmp_path, e2e=PYTEST[:100])
    lines, _ = report.report(tmp_path, False, 1)
    assert lines[0].startswith('e2e.xml cannot be read')
    (tmp_path / 'parts.tsv').write_text('')
    assert not report.report(tmp_path, False, 1)[1], 'nothing ran'
