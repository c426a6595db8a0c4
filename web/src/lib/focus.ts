// SPDX-License-Identifier: GPL-3.0-or-later
// Focus of dialogs: it moves in, stays in, and returns to its previous element.

const reachable =
  'a[href], button:not([disabled]), input:not([disabled]), select:not([disabled]), textarea, [tabindex]:not([tabindex="-1"])';

export function trapFocus(node: HTMLElement): { destroy(): void } {
  const before = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const first = node.querySelector<HTMLElement>('[data-autofocus]') ?? node;
  if (first === node) node.tabIndex = -1;
  first.focus({ preventScroll: true });

  const keep = (event: KeyboardEvent) => {
    if (event.key !== 'Tab') return;
    const all = [...node.querySelectorAll<HTMLElement>(reachable)].filter(
      (element) => element.offsetParent !== null || element.getClientRects().length > 0,
    );
    const start = all[0];
    const end = all[all.length - 1];
    if (!start || !end) {
      event.preventDefault();
      return;
    }
    const active = document.activeElement;
    if (event.shiftKey && (active === start || active === node || !node.contains(active))) {
      event.preventDefault();
      end.focus();
    } else if (!event.shiftKey && (active === end || !node.contains(active))) {
      event.preventDefault();
      start.focus();
    }
  };
  document.addEventListener('keydown', keep, true);
  return {
    destroy() {
      document.removeEventListener('keydown', keep, true);
      if (before?.isConnected) before.focus({ preventScroll: true });
    },
  };
}
