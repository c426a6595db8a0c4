// SPDX-License-Identifier: GPL-3.0-or-later
// Runs layouts: short lists at once, since a worker would cost a frame; long lists in a worker.
import { layout, type Layout, type LayoutOptions } from './layout';

/** Photos; about 1 ms on a slow phone. */
const atOnce = 3000;

let worker: Worker | null = null;
let jobs = 0;
const waiting = new Map<number, (done: Layout) => void>();

function start(): Worker {
  const made = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' });
  made.addEventListener('message', (event: MessageEvent<{ job: number; layout: Layout }>) => {
    waiting.get(event.data.job)?.(event.data.layout);
    waiting.delete(event.data.job);
  });
  return made;
}

export function layOut(aspects: Float32Array, options: LayoutOptions, done: (result: Layout) => void): void {
  if (aspects.length <= atOnce || typeof Worker === 'undefined') {
    done(layout(aspects, options));
    return;
  }
  worker ??= start();
  const job = ++jobs;
  waiting.set(job, done);
  worker.postMessage({ job, aspects, options });
}
