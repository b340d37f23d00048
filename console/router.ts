import { computed, signal } from '@preact/signals';

/** The page's addresses stand below it. */
const BASE = '/console';

const address = signal(location.pathname + location.search);

/** Below `/console`, beginning with a slash. */
export const path = computed(() => new URL(address.value, location.origin).pathname.slice(BASE.length) || '/');
export const query = computed(() => new URL(address.value, location.origin).searchParams);

addEventListener('popstate', () => (address.value = location.pathname + location.search));

/** @param to below `/console` */
export const href = (to: string): string => BASE + (to === '/' ? '' : to);

export function go(to: string): void {
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
