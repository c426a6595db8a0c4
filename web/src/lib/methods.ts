// SPDX-License-Identifier: GPL-3.0-or-later
// The names of the methods that turn marks into a ranking (docs/feedback.md).
import type { Method } from './api';

export const methods: readonly { method: Method; name: string }[] = [
  { method: 'hone', name: 'Hone (learns from all marks)' },
  { method: 'text', name: 'Words only' },
  { method: 'average', name: 'Average of photos that fit' },
  { method: 'rocchio', name: 'Away from photos that don’t fit' },
  { method: 'fit', name: 'Anchored fit' },
  { method: 'fit-data', name: 'Anchored fit, smoothed' },
  { method: 'bayes', name: 'The one photo I remember' },
  { method: 'propagate', name: 'Neighbours of photos that fit' },
];

export const isMethod = (text: string): text is Method => methods.some(({ method }) => method === text);
