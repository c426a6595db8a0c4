// SPDX-License-Identifier: GPL-3.0-or-later
// Position and zoom of the open photo on its stage. Pure: sizes and a view in, a view out. The origin is the middle.

export interface View {
  scale: number;
  x: number;
  y: number;
}
export interface Size {
  width: number;
  height: number;
}

/** Space for the arrows left and right, px; narrow stages need none. */
const arrows = 144;

/** The photo as large as the stage allows, at most three times its pixels. */
export function fitBox(width: number, height: number, stageWidth: number, stageHeight: number): Size {
  if (width <= 0 || height <= 0 || stageWidth <= 0 || stageHeight <= 0) return { width: 0, height: 0 };
  const space = stageWidth > 600 ? stageWidth - arrows : stageWidth;
  const scale = Math.min(space / width, stageHeight / height, 3);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/** Keeps the photo on the stage: no edge comes further in than the edge of the stage. */
export function clampView(view: View, box: Size, stage: Size): View {
  const limitX = Math.max(0, (box.width * view.scale - stage.width) / 2);
  const limitY = Math.max(0, (box.height * view.scale - stage.height) / 2);
  return {
    scale: view.scale,
    x: Math.max(-limitX, Math.min(limitX, view.x)),
    y: Math.max(-limitY, Math.min(limitY, view.y)),
  };
}

/** Changes the scale so that the point under the pointer stays where it is. */
export function zoomAt(view: View, scale: number, x: number, y: number, box: Size, stage: Size): View {
  const factor = scale / view.scale;
  return clampView({ scale, x: x - (x - view.x) * factor, y: y - (y - view.y) * factor }, box, stage);
}
