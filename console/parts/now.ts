import { signal } from '@preact/signals';

const TICK_MS = 1_000;

/** The time, told once a second while the page is seen: what is written as "12 s ago" follows it. */
export const now = signal(Date.now());

setInterval(() => {
  if (!document.hidden) now.value = Date.now();
}, TICK_MS);
