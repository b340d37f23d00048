import { useEffect, useRef } from 'preact/hooks';
import { href, path } from '../router.ts';
import { t } from '../words/index.ts';

/** Pages that belong together. @param say how their section says what they are called */
export function Tabs<W extends string>({ of, say }: { of: readonly (readonly [string, W])[]; say: (word: W) => string }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone they are wider than the page.
  useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }), [path.value]);
  return (
    <nav ref={nav} class="tabs" aria-label={t('shell.subpages')}>
      {of.map(([to, word]) => (
        <a key={to} href={href(to)} {...(path.value === to && { 'aria-current': 'page' as const })}>
          {say(word)}
        </a>
      ))}
    </nav>
  );
}
