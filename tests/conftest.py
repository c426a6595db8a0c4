# SPDX-License-Identifier: GPL-3.0-or-later
"""What all Python tests share: skips that are failures, and tests for photos that only some machines have."""
import os
import pathlib
import re

import pytest

SHARED = pathlib.Path(__file__).resolve().parents[2] / 'shared'


def pytest_configure(config):
    config.addinivalue_line('markers', 'shared(path): more photos beside the project (../shared/PATH); not collected where they are missing')


def pytest_collection_modifyitems(config, items):
    missing = [item for item in items if any(not (SHARED / path).exists() for mark in item.iter_markers('shared') for path in mark.args)]
    if missing:
        config.hook.pytest_deselected(items=missing)
        items[:] = [item for item in items if item not in missing]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """With HONE_FORBID_SKIPS=1 a skip is a failure, unless its reason begins with 'hardware: '."""
    report = yield
    if report.skipped and os.environ.get('HONE_FORBID_SKIPS') == '1' and not hasattr(report, 'wasxfail'):
        reason = str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr)
        if not re.match(r'(Skipped: )?hardware: ', reason):
            report.outcome, report.longrepr = 'failed', f'{item.nodeid}: {reason} (HONE_FORBID_SKIPS=1)'
    return report
