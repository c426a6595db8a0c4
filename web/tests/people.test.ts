// SPDX-License-Identifier: GPL-3.0-or-later
// Unit tests of faces and people: crops, boxes, names, edits and texts.
import { describe, expect, it } from 'vitest';
import type { Face, Person } from '../src/lib/api';
import { peopleFilter, personTerm } from '../src/lib/filter';
import * as people from '../src/lib/people';

const face = (part: Partial<Face> = {}): Face => ({
  id: 1,
  photo: 'a',
  box: [100, 100, 50, 60],
  score: 0.9,
  person: null,
  confirmed: false,
  ...part,
});
const person = (id: number, name: string | null, photos = 1): Person => ({
  id,
  name,
  hidden: false,
  faces: photos,
  photos,
  cover: { ...face(), width: 1000, height: 500 },
});

describe('crop of a face', () => {
  /** The square that a crop shows, in pixels of the photo. */
  const square = (crop: people.Crop, width: number) => {
    const side = (100 * width) / crop.width;
    return { x: (-crop.left * side) / 100 || 0, y: (-crop.top * side) / 100 || 0, side };
  };

  it('is a square around the middle of the face, half as large again', () => {
    const crop = people.cropOf([400, 200, 100, 80], 1000, 500, 100);
    expect(square(crop, 1000)).toEqual({ x: 375, y: 165, side: 150 });
    expect(crop.height / crop.width).toBeCloseTo(0.5);
  });

  it('stays in the photo, also for a face that reaches beyond it', () => {
    expect(square(people.cropOf([0, 0, 100, 100], 1000, 500, 100), 1000)).toEqual({ x: 0, y: 0, side: 150 });
    expect(square(people.cropOf([950, 450, 100, 100], 1000, 500, 100), 1000)).toMatchObject({
      x: 850,
      y: 350,
    });
    const whole = people.cropOf([-20, -20, 900, 600], 1000, 500, 100);
    expect(square(whole, 1000).side).toBe(500);
    expect(Object.is(people.cropOf([0, 0, 10, 10], 100, 100, 10).left, -0)).toBe(false);
  });

  it('uses the smallest thumbnail that is sharp enough', () => {
    expect(people.cropOf([0, 0, 800, 800], 1000, 1000, 96).size).toBe(240);
    expect(people.cropOf([0, 0, 200, 200], 1000, 1000, 96).size).toBe(480);
    expect(people.cropOf([0, 0, 20, 20], 4000, 3000, 300).size).toBe(1080);
    expect(people.cropOf([0, 0, 0, 0], 0, 0, 300).width).toBe(100);
  });
});

describe('box on the stage', () => {
  const photo = { width: 1000, height: 500 };
  const shown = { width: 500, height: 250 };
  const stage = { width: 800, height: 600 };

  it('is at the position of the face, also zoomed', () => {
    expect(people.boxOnStage([0, 0, 100, 50], photo, shown, { scale: 1, x: 0, y: 0 }, stage)).toEqual({
      left: 150,
      top: 175,
      width: 50,
      height: 25,
    });
    expect(people.boxOnStage([500, 250, 100, 50], photo, shown, { scale: 2, x: 10, y: -5 }, stage)).toEqual({
      left: 410,
      top: 295,
      width: 100,
      height: 50,
    });
  });
});

describe('order and names', () => {
  const anna = person(3, 'Anna Berg', 16);
  const zoe = person(4, 'Zoë', 90);
  const known = [zoe, anna, person(9, null, 400), person(5, 'Berta', 20)];

  it('puts named people first, then by number of photos', () => {
    expect([...known].sort(people.byRank).map((one) => one.id)).toEqual([4, 5, 3, 9]);
    expect(
      people.leftToRight([face({ id: 1, box: [9, 0, 1, 1] }), face({ id: 2 })]).map((one) => one.id),
    ).toEqual([1, 2]);
  });

  it('suggests names that begin as typed, or contain such a word', () => {
    expect(people.matches('ber', known).map((one) => one.name)).toEqual(['Berta', 'Anna Berg']);
    expect(people.matches('zoe', known)).toEqual([zoe]);
    expect(people.matches(' ', known)).toEqual([]);
    expect(people.matches('erg', known)).toEqual([]);
    expect(people.matches('ber', known, 1)).toHaveLength(1);
  });

  it('finds a name in any case; accents matter', () => {
    expect(people.personNamed(' ANNA berg ', known)).toBe(anna);
    expect(people.personNamed('Zoe', known)).toBeNull();
    expect(people.personNamed('Zoe\u0308', known)).toBe(zoe);
  });
});

describe('edits', () => {
  const anna = person(3, 'Anna', 16);
  const ben = person(4, 'Ben', 20);
  const nobody = person(9, null, 400);

  it('names a person, or merges an unnamed one with the person who has the name', () => {
    expect(people.namingEdit(nobody, ' Carla ', [anna])).toEqual({
      action: 'name',
      person: 9,
      name: 'Carla',
    });
    expect(people.namingEdit(nobody, 'anna', [anna])).toEqual({ action: 'merge', people: [3, 9] });
    expect(people.namingEdit(ben, 'Anna', [anna, ben]), 'two names: the server asks').toEqual({
      action: 'name',
      person: 4,
      name: 'Anna',
    });
    expect(people.namingEdit(anna, 'ANNA', [anna]), 'only its case changes').toMatchObject({
      action: 'name',
      name: 'ANNA',
    });
    expect(people.namingEdit(anna, 'Anna', [anna])).toBeNull();
    expect(people.namingEdit(nobody, '  ', [anna])).toBeNull();
  });

  it('merges into the named person, and chooses the name when there are two', () => {
    expect(people.mergeEdit([nobody, anna])).toEqual({ action: 'merge', people: [3, 9] });
    expect(people.mergeEdit([anna, ben, nobody], 'Anna')).toEqual({
      action: 'merge',
      people: [3, 4, 9],
      name: 'Anna',
    });
    expect(people.namesOf([anna, nobody, ben])).toEqual(['Ben', 'Anna']);
  });

  it('searches for all of them together, when each has a name', () => {
    expect(people.filterOf([anna, person(5, 'Ben "B" Old')])).toBe('people:Anna people:"Ben \\"B\\" Old"');
    expect(people.filterOf([anna, nobody])).toBeNull();
    expect(people.filterOf([])).toBeNull();
    expect(personTerm('Zoë')).toBe('people:Zoë');
    expect(personTerm('a,b')).toBe('people:"a,b"');
    expect(peopleFilter(['A', 'B'])).toBe('people:A people:B');
  });
});

describe('texts', () => {
  it('shows ages as ranges, and as estimates', () => {
    expect(people.ageLine([31, 44])).toBe('about 31–44');
    expect(people.ageLine([30.6, 31.2])).toBe('about 31');
    expect(people.ageLine(undefined)).toBe('');
  });

  it('names the likelier gender', () => {
    expect(people.genderLine({ male: 0.03, female: 0.97 })).toBe('woman');
    expect(people.genderLine({ male: 0.6, female: 0.4 })).toBe('man');
    expect(people.estimateLine({ age: [31, 44], gender: { male: 0.9, female: 0.1 } })).toBe(
      'est. 31–44 · man',
    );
    expect(people.estimateLine({})).toBe('');
  });

  it('describes faces and questions', () => {
    const anna = face({ age: [31, 44], person: { id: 3, name: 'Anna', hidden: false } });
    expect(people.faceLabel(anna, 1, 3)).toBe('Face 2 of 3: Anna, about 31–44');
    expect(people.faceLabel(face(), 0, 1)).toBe('Face 1 of 1: no name');
    expect(people.questionLine({ name: 'Anna' })).toBe('Is this also Anna?');
    expect(people.questionLine({ name: null })).toBe('Are these the same person?');
    expect(people.settlesLine(14, 3)).toBe('This settles 14 faces. 3 more to go.');
    expect(people.settlesLine(1, 1)).toBe('This settles 1 face. 1 more to go.');
    expect(people.settlesLine(1, 0)).toBe('This settles 1 face.');
  });
});
