// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of filters and of the texts for metadata.
import { describe, expect, it } from 'vitest';
import { filterError, keywordTerm, markedAt, withTerm } from '../src/lib/filter';
import * as text from '../src/lib/text';

describe('filter text', () => {
  it('reads the column of a refusal', () => {
    expect(filterError("filter, column 3: there is no field 'x'; did you mean is?")).toEqual({
      column: 3,
      text: "There is no field 'x'; did you mean is?",
    });
    expect(filterError('filter: 5000 characters; at most 4000 are read')).toEqual({
      column: null,
      text: '5000 characters; at most 4000 are read.',
    });
    expect(filterError('The words are too long.')).toBeNull();
    expect(filterError('a filter, column 3: x')).toBeNull();
  });

  it('marks the word at a column, in characters', () => {
    expect(markedAt('taken:2019 raiting:3 has:gps', 12)).toEqual(['taken:2019 ', 'raiting:3', ' has:gps']);
    expect(markedAt('\u{1f415} raiting', 3)).toEqual(['\u{1f415} ', 'raiting', '']);
    expect(markedAt('(has:gps', 9)).toEqual(['(has:gps', '', '']);
    expect(markedAt('a)', 2)).toEqual(['a', ')', '']);
    expect(markedAt('a', 99)).toEqual(['a', '', '']);
  });

  it('adds a term once, and to the whole filter', () => {
    expect(withTerm('', 'has:gps')).toBe('has:gps');
    expect(withTerm(' taken:2019 ', 'has:gps')).toBe('taken:2019 has:gps');
    expect(withTerm('has:gps taken:2019', 'has:gps')).toBe('has:gps taken:2019');
    expect(withTerm('a OR b', 'has:gps')).toBe('(a OR b) has:gps');
    expect(keywordTerm('the "best" \\ one')).toBe('keyword:"the \\"best\\" \\\\ one"');
  });
});

describe('facts in words', () => {
  it('writes exposures as cameras do', () => {
    const line = text.exposureLine({ exposure_seconds: 0.004, aperture: 2.8, iso: 400, focal_length_mm: 50 });
    expect(line).toBe('1/250 s, f/2.8, ISO 400, 50 mm');
    expect(text.exposureLine({ exposure_seconds: 0.5 })).toBe('0.5 s');
    expect(text.exposureLine({ exposure_seconds: 30, aperture: 1.79 })).toBe('30 s, f/1.79');
    expect(text.exposureLine({})).toBe('');
  });

  it('shows the calendar of the camera wherever it is read', () => {
    expect(text.calendarDay('2019-05-01T23:30:00-09:00')).toBe('1 May 2019 at 23:30');
    expect(text.calendarDay('2019-05-01T23:30:00')).toBe('1 May 2019 at 23:30');
    expect(text.calendarDay('soon')).toBe('soon');
  });

  it('names cameras once, files by their side, stars in words', () => {
    expect(text.cameraName({ make: 'Canon', model: 'Canon EOS R5' })).toBe('Canon EOS R5');
    expect(text.cameraName({ make: 'NIKON CORPORATION', model: 'NIKON Z 6' })).toBe('NIKON Z 6');
    expect(text.cameraName({ make: 'Apple', model: 'iPhone 11' })).toBe('Apple iPhone 11');
    expect(text.cameraName({ make: 'Apple' })).toBe('Apple');
    expect(text.cameraName({})).toBe('');
    expect(text.coordinates({ latitude: -17, longitude: 179.9 })).toBe('17.00000° S, 179.90000° E');
    expect(text.coordinates({ latitude: 0, longitude: -0.5 })).toBe('0.00000° N, 0.50000° W');
    expect(text.coordinates({})).toBe('');
    expect([text.rating(4), text.rating(-1)]).toEqual(['4 of 5', 'rejected']);
    expect(text.takenNote('modified')).toContain('file');
    expect(text.takenNote('exif')).toBe('');
  });
});
