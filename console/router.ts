import { computed, signal } from '@preact/signals';

/** The page's addresses stand below it. */
const BASE = '/console';

history.scrollRestoration = 'manual';
const address = signal(location.pathname + location.search);

/** Below `/console`, beginning with a slash. */
export const path = computed(() => new URL(address.value, location.origin).pathname.slice(BASE.length) || '/');
export const query = computed(() => new URL(address.value, location.origin).searchParams);

addEventListener('popstate', (event) => {
  address.value = location.pathname + location.search;
  scrollBack((event.state as { readonly y?: number } | null)?.y ?? 0);
});

const FILLED_WITHIN_MS = 2_000;

/** A page that is gone back to is filled before it can be where it was left. */
function scrollBack(y: number, until = performance.now() + FILLED_WITHIN_MS): void {
  scrollTo(0, y);
  if (Math.abs(scrollY - y) > 1 && performance.now() < until) requestAnimationFrame(() => scrollBack(y, until));
}

/** @param to below `/console` */
export const href = (to: string): string => BASE + (to === '/' ? '' : to);

export function go(to: string): void {
  history.replaceState({ y: scrollY }, '');
  history.pushState(null, '', href(to));
  address.value = location.pathname + location.search;
  scrollTo(0, 0);
}

/** Changes the filters of this page in the address; without a value one is taken away. */
export function setQuery(changes: Readonly<Record<string, string | undefined>>): void {
  const next = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined || value === '') next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  history.replaceState(null, '', location.pathname + (text === '' ? '' : `?${text}`));
  address.value = location.pathname + location.search;
}

/** A click on a link of ours changes the page without loading it anew; with a key held down the browser does what it always does. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest('a');
  if (!link || link.target !== '' || link.origin !== location.origin) return;
  if (link.pathname !== BASE && !link.pathname.startsWith(`${BASE}/`)) return;
  event.preventDefault();
  go(link.pathname.slice(BASE.length) + link.search || '/');
}
