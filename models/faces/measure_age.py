# SPDX-License-Identifier: GPL-3.0-or-later
"""How well the manifest's `age_range` does. Not run at set-up.

usage: measure_age.py PORTRAITS [PACK]      PACK: a folder with manifest.json and networks (this one)

PORTRAITS holds truth.json, [{"file", "date_of_birth", "entered_office"}, ...], and the photos. When a photo was taken is
not known: it counts as the day of entry into office, at the earliest 2013. What the ranges are worth if all photos
are some years younger than that is printed too.
"""
import datetime
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / 'tests/reference'))
from faces import FacePack, age_range, load_rgb  # noqa: E402

EARLIEST = datetime.date(2013, 1, 1)


def true_age(row):
    day = datetime.date.fromisoformat
    return (max(day(row['entered_office']), EARLIEST) - day(row['date_of_birth'])).days / 365.25


def main():
    folder, pack = pathlib.Path(sys.argv[1]), FacePack(sys.argv[2] if len(sys.argv) > 2 else HERE)
    estimates, ages = [], []
    for row in json.loads((folder / 'truth.json').read_text()):
        largest = max(pack(load_rgb(folder / row['file'])), key=lambda f: f['box'][3], default={})
        if 'age' in largest:
            estimates.append(largest['age'])
            ages.append(true_age(row))
    estimates, ages = np.array(estimates), np.array(ages)
    off = ages - estimates
    print(f'{len(ages)} portraits: mean error {np.abs(off).mean():.1f} years, the estimate is {off.mean():.1f} years too young on average')
    for low, high in ((0, 40), (40, 50), (50, 60), (60, 100)):
        here = off[(estimates >= low) & (estimates < high)]
        if len(here):
            p = np.percentile(here, [5, 50, 95])
            print(f'estimate {low:2} to {high:3}: {len(here):2} people, true age minus estimate, 5th / 50th / 95th percentile: {p[0]:.1f} / {p[1]:.1f} / {p[2]:.1f}')
    ranges = np.array([age_range(pack.manifest['age-gender']['age_range'], e) for e in estimates])
    for later in (0, 3, 5):
        inside = (ages + later >= ranges[:, 0]) & (ages + later < ranges[:, 1] + 1)
        print(f'photos taken {later} years later: the range holds the true age of {100 * inside.mean():.0f} %, median width {np.median(ranges[:, 1] - ranges[:, 0]):.0f} years')


if __name__ == '__main__':
    main()
