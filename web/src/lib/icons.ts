// SPDX-License-Identifier: GPL-3.0-or-later
// The line icons of Hone, 24 x 24, drawn with a 1.7 px stroke.
export const icons = {
  search: '<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>',
  filter: '<path d="M4 7h16M7 12h10M10 17h4"/>',
  folder: '<path d="M4 7a2 2 0 0 1 2-2h4l2 2.500h6a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2z"/>',
  plus: '<path d="M12 5v14M5 12h14"/>',
  check: '<path d="m5 12.500 4.500 4.500L19 7.500"/>',
  no: '<circle cx="12" cy="12" r="7.500"/><path d="M6.800 17.200 17.200 6.800"/>',
  close: '<path d="M6 6l12 12M18 6 6 18"/>',
  left: '<path d="M15 5l-7 7 7 7"/>',
  right: '<path d="m9 5 7 7-7 7"/>',
  down: '<path d="m6 9.500 6 6 6-6"/>',
  sun: '<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.600 5.600 7 7M17 17l1.400 1.400M18.400 5.600 17 7M7 17l-1.400 1.400"/>',
  help: '<circle cx="12" cy="12" r="8.500"/><path d="M9.500 9.700c.2-1.500 1.200-2.300 2.600-2.300 1.500 0 2.500.9 2.500 2.200 0 1.900-2.500 2-2.500 4M12 16.600v.1"/>',
  picture:
    '<rect x="4" y="5" width="16" height="14" rx="2"/><path d="m5 17 4.500-4.500 3 3 3-3L19 16"/><circle cx="9" cy="9" r="1"/>',
  lock: '<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>',
  warn: '<path d="M12 4.500 3.500 19.500h17zM12 10v4.500M12 17v.1"/>',
  copy: '<rect x="8" y="8" width="12" height="12" rx="2"/><path d="M16 8V6a2 2 0 0 0-2-2H6a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>',
  eye: '<path d="M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12z"/><circle cx="12" cy="12" r="2.700"/>',
  out: '<path d="M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4M15 8l4 4-4 4M19 12H9"/>',
  undo: '<path d="M8 5 4 9l4 4M4 9h10a5.500 5.500 0 0 1 0 11h-4"/>',
  minus: '<path d="M5 12h14"/>',
  layers: '<path d="m12 4 8.500 4.500L12 13 3.500 8.500zM3.500 13 12 17.500 20.500 13"/>',
  spread:
    '<rect x="4" y="4" width="6.500" height="6.500" rx="1"/><rect x="13.500" y="4" width="6.500" height="6.500" rx="1"/><rect x="4" y="13.500" width="6.500" height="6.500" rx="1"/><rect x="13.500" y="13.500" width="6.500" height="6.500" rx="1"/>',
  people:
    '<circle cx="9" cy="8.500" r="3.500"/><path d="M2.500 19.500c.6-3.600 3.200-5.500 6.500-5.500s5.900 1.900 6.500 5.500M15.500 5.300a3.500 3.500 0 0 1 0 6.400M17.500 14.600c2.200.7 3.600 2.400 4 4.900"/>',
  merge: '<path d="M6 4v3c0 3 6 4 6 8v5M18 4v3c0 3-6 4-6 8"/>',
  split: '<path d="M12 20v-5c0-4-6-5-6-8V4M12 15c0-4 6-5 6-8V4"/>',
  plug: '<path d="M9 3v5M15 3v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4"/>',
} as const;

export type IconName = keyof typeof icons;
