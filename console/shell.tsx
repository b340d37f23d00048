import { effect } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { caller, logOut } from './api/caller.ts';
import { isConnected, needsSignIn, stale, tries } from './api/connection.ts';
import { notice } from './parts/action.tsx';
import { Link } from './parts/basics.tsx';
import { faultTitle } from './parts/polled.tsx';
import { beginTour, Tour } from './parts/tour.tsx';
import { path } from './router.ts';
import { SignIn } from './signIn.tsx';
import { language, LANGUAGES, theme, THEMES, type Language, type Theme } from './settings.ts';
import { t, type Word } from './words/index.ts';

const PLACES = [
  ['/', 'nav.overview', 'M3 11.5 12 4l9 7.5M5.5 10v9.5h13V10'],
  ['/pipelines', 'nav.pipelines', 'M5 6h6v5H5zM13 13h6v5h-6zM11 8.5h4.5V13'],
  [
    '/data',
    'nav.data',
    'M5 6c0-1.5 3-2.5 7-2.5S19 4.5 19 6s-3 2.5-7 2.5S5 7.5 5 6v12c0 1.5 3 2.5 7 2.5s7-1 7-2.5V6M5 12c0 1.5 3 2.5 7 2.5s7-1 7-2.5',
  ],
  ['/features', 'nav.features', 'M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4'],
  ['/models', 'nav.models', 'M12 3.5 20 8v8l-8 4.5L4 16V8zM4 8l8 4.5L20 8M12 12.5v8'],
  ['/serving', 'nav.serving', 'M12 4.5l2.3 4.8 5.2.7-3.8 3.7.9 5.3L12 16.5 7.4 19l.9-5.3L4.5 10l5.2-.7z'],
  ['/events', 'nav.events', 'M4 7h11M4 12h16M4 17h8M18 5l2.5 2L18 9'],
  ['/drift', 'nav.drift', 'M3 17c4 0 4-10 8-10s3 6 5 6 2-3 5-3'],
  ['/monitoring', 'nav.monitoring', 'M3 12h4l2.5-6 4 12 2.5-6h5'],
  ['/system', 'nav.system', 'M4 5h16v6H4zM4 13h16v6H4zM7 8h.01M7 16h.01'],
] as const satisfies readonly (readonly [string, Word, string])[];

const isAt = (place: string) => (place === '/' ? path.value === '/' : path.value === place || path.value.startsWith(`${place}/`));

/** What every page stands in. */
export function Shell({ children }: { children: ComponentChildren }) {
  useEffect(followPages, []);
  return (
    <>
      <a class="skip" href="#content">
        {t('shell.skip')}
      </a>
      <aside class="side">
        <Link to="/" class="brand">
          <svg viewBox="0 0 32 32" aria-hidden="true">
            <rect width="32" height="32" rx="9" class="brand-tile" />
            <path d="M8 22V10l8 8 8-8v12" class="brand-line" />
          </svg>
          movie-mlops
        </Link>
        {!needsSignIn.value && <Places />}
        <Switches />
      </aside>
      <div class="main">
        <Connection />
        <main id="content" tabIndex={-1}>
          {needsSignIn.value ? <SignIn /> : children}
        </main>
        <Tour />
      </div>
      <div class="notices" role="status" aria-live="polite">
        {notice.value && <p class="notice">{notice.value}</p>}
      </div>
    </>
  );
}

/** Another page is read from its beginning, by whoever sees it and whoever hears it. */
function followPages() {
  let shown = path.peek();
  return effect(() => {
    if (path.value === shown) return;
    shown = path.value;
    document.getElementById('content')?.focus({ preventScroll: true });
  });
}

function Places() {
  const nav = useRef<HTMLElement>(null);
  // On a phone the places are one line, which has to be pushed to where one is.
  useEffect(() => nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' }), [path.value]);
  return (
    <nav ref={nav} aria-label={t('shell.pages')}>
      {PLACES.map(([place, word, icon]) => (
        <a key={place} href={`/console${place === '/' ? '' : place}`} {...(isAt(place) && { 'aria-current': 'page' as const })}>
          <svg viewBox="0 0 24 24" aria-hidden="true">
            <path d={icon} />
          </svg>
          {t(word)}
        </a>
      ))}
    </nav>
  );
}

const Switches = () => (
  <div class="switches">
    {caller.value && <p class="caller">{t('shell.caller', { name: caller.value.name, role: caller.value.role })}</p>}
    {caller.value?.is_session && (
      <button type="button" class="quiet small" onClick={() => void logOut()}>
        {t('shell.logOut')}
      </button>
    )}
    {!needsSignIn.value && (
      <button type="button" class="quiet small" onClick={beginTour}>
        {t('tour.title')}
      </button>
    )}
    <select
      aria-label={t('shell.language')}
      value={language.value}
      onChange={(event) => (language.value = event.currentTarget.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([name, text]) => (
        <option key={name} value={name} lang={name}>
          {text}
        </option>
      ))}
    </select>
    <select aria-label={t('shell.theme')} value={theme.value} onChange={(event) => (theme.value = event.currentTarget.value as Theme)}>
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {t(`theme.${name}`)}
        </option>
      ))}
    </select>
  </div>
);

/** Said while nobody answers, or refuses what was there before; what is on the page stays, and goes on by itself. */
function Connection() {
  if (!isConnected.value) return <Stays title={t('fault.away')}>{t('fault.awayStays')}</Stays>;
  const left = [...stale.value.values()];
  if (left.length === 0) return null;
  const oldest = left.reduce((first, one) => (one.since < first.since ? one : first));
  const time = new Intl.DateTimeFormat(language.value, { timeStyle: 'medium' }).format(oldest.since);
  return (
    <Stays title={`${faultTitle(oldest.error)}: ${(oldest.error as Error).message}.`.replace(/\.\.$/, '.')}>
      {t('fault.since', { time })}
    </Stays>
  );
}

const Stays = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <div class="away" role="alert">
    <span>
      <strong class="break">{title}</strong> {children}
    </span>
    <button type="button" class="small" onClick={() => (tries.value += 1)}>
      {t('fault.again')}
    </button>
  </div>
);
