import { useEffect, useRef } from 'preact/hooks';
import type { Role } from '../../contracts/roles.ts';
import { may } from '../api/caller.ts';
import { href, path } from '../router.ts';
import { t } from '../words/index.ts';

type Tab<W> = readonly [to: string, word: W, least?: Role];

/** Pages that belong together, those that the caller may see. @param say how their section says what they are called */
export function Tabs<W extends string>({ of, say }: { of: readonly Tab<W>[]; say: (word: W) => string }) {
  const nav = useRef<HTMLElement>(null);
  // On a phone they are wider than the page.
  useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }), [path.value]);
  const shown = of.filter(([, , least = 'viewer']) => least === 'viewer' || may(least));
  return (
    <nav ref={nav} class="tabs" aria-label={t('shell.subpages')}>
      {shown.map(([to, word]) => (
        <a key={to} href={href(to)} {...(path.value === to && { 'aria-current': 'page' as const })}>
          {say(word)}
        </a>
      ))}
    </nav>
  );
}
