import type { Role } from '../../contracts/roles.ts';
import { may } from '../api/caller.ts';
import { href, path } from '../router.ts';
import { t } from '../words/index.ts';

type Tab<W> = readonly [to: string, word: W, least?: Role];

/** Pages that belong together, those that the caller may see. @param say how their section says what they are called */
export const Tabs = <W extends string>({ of, say }: { of: readonly Tab<W>[]; say: (word: W) => string }) => (
  <nav class="tabs" aria-label={t('shell.subpages')}>
    {of
      .filter(([, , least = 'viewer']) => least === 'viewer' || may(least))
      .map(([to, word]) => (
        <a key={to} href={href(to)} {...(path.value === to && { 'aria-current': 'page' as const })}>
          {say(word)}
        </a>
      ))}
  </nav>
);
