// SPDX-License-Identifier: GPL-3.0-or-later
// The handlers of commands from keys. The newest part on screen (a lightbox over a grid) comes first; a handler that
// returns false passes the command on.
import type { Command } from './keys';

type Handler = (command: Command, event: KeyboardEvent) => boolean;
const handlers: Handler[] = [];

/** Handles commands until the returned function is called. */
export function handleCommands(handler: Handler): () => void {
  handlers.push(handler);
  return () => {
    const place = handlers.indexOf(handler);
    if (place >= 0) handlers.splice(place, 1);
  };
}

/** Handles only the command to close, until the returned function is called. */
export function closeWith(onclose: () => void): () => void {
  return handleCommands((command) => {
    if (command !== 'close') return false;
    onclose();
    return true;
  });
}

export function run(command: Command, event: KeyboardEvent): boolean {
  for (let place = handlers.length - 1; place >= 0; place--) {
    if (handlers[place]!(command, event)) return true;
  }
  return false;
}
