// SPDX-License-Identifier: GPL-3.0-or-later
// The worker for long layouts: changing the row height of 100,000 photos never delays a frame.
import { layout, type LayoutOptions } from './layout';

export interface LayoutJob {
  job: number;
  aspects: Float32Array;
  options: LayoutOptions;
}

addEventListener('message', (event: MessageEvent<LayoutJob>) => {
  const { job, aspects, options } = event.data;
  const done = layout(aspects, options);
  postMessage({ job, layout: done }, { transfer: [done.start.buffer, done.height.buffer, done.top.buffer] });
});
