// How marks change the question (docs/feedback.md), in plain words.
import type { Method } from './api';

export const methods: readonly { method: Method; name: string }[] = [
  { method: 'hone', name: 'Hone (learns from all marks)' },
  { method: 'text', name: 'Words only' },
  { method: 'average', name: 'Average of what fits' },
  { method: 'rocchio', name: 'Away from what does not' },
  { method: 'fit', name: 'Anchored fit' },
  { method: 'fit-data', name: 'Anchored fit, smooth' },
  { method: 'bayes', name: 'The one picture I remember' },
  { method: 'propagate', name: 'Neighbours of what fits' },
];

export const isMethod = (text: string): text is Method => methods.some(({ method }) => method === text);
