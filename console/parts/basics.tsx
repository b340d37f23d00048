import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { agoText, durationText, numberText, timeText } from '../format.ts';
import { href } from '../router.ts';
import { language } from '../settings.ts';
import { named, t } from '../words/index.ts';
import { Name } from './name.tsx';
import { now } from './now.ts';

interface Children {
  readonly children?: ComponentChildren;
}

/** A link to another page of the console. */
export const Link = ({ to, class: className, label, children }: { to: string; class?: string; label?: string } & Children) => (
  <a href={href(to)} {...(className && { class: className })} {...(label && { 'aria-label': label })}>
    {children}
  </a>
);

/** What stands at the top of each page. */
export function Page({
  title,
  lead,
  actions,
  children,
}: { title: string; lead?: ComponentChildren; actions?: ComponentChildren } & Children) {
  useEffect(() => {
    document.title = `${title} · movie-mlops`;
  }, [title]);
  return (
    <>
      <header class="page-head">
        <div>
          <h1>
            <Name of={title} />
          </h1>
          {lead && <p class="lead">{lead}</p>}
        </div>
        {actions && <div class="actions">{actions}</div>}
      </header>
      {children}
    </>
  );
}

export const Card = ({
  title,
  aside,
  class: className = '',
  children,
}: { title?: string; aside?: ComponentChildren; class?: string } & Children) => (
  <section class={`card ${className}`}>
    {(title || aside) && (
      <header class="card-head">
        {title && <h2>{title}</h2>}
        {aside}
      </header>
    )}
    {children}
  </section>
);

/** A wide table scrolls by itself, by keyboard too. */
export const Scroll = ({ label, children }: { label: string } & Children) => (
  <div class="scroll" tabIndex={0} role="region" aria-label={label}>
    {children}
  </div>
);

const TONES: Readonly<Record<string, string>> = {
  ...{
    success: 'ok',
    passed: 'ok',
    ok: 'ok',
    promoted: 'ok',
    stable: 'ok',
    READY: 'ok',
    resolved: 'ok',
    approved: 'ok',
    holds: 'ok',
    Stable: 'ok',
  },
  ...{
    failed: 'bad',
    lost: 'bad',
    drifted: 'bad',
    rejected: 'bad',
    hurt: 'bad',
    refused: 'bad',
    sent: 'bad',
    open: 'bad',
    away: 'bad',
    failed_gate: 'bad',
  },
  ...{ unwell: 'wait' },
  ...{ pass: 'ok', roll_back: 'bad', stop: 'bad', rolled_back: 'bad', wait: 'wait' },
  ...{ good: 'ok', isSet: 'ok', rotated: 'wait', expired: 'idle', revoked: 'idle', changed: 'accent', notSetUp: 'wait' },
  ...{ decided: 'accent', up: 'ok', down: 'bad', firing: 'bad', pending: 'wait' },
  ...{ FINISHED: 'ok', FAILED: 'bad', RUNNING: 'busy', SCHEDULED: 'wait' },
  ...{ running: 'busy', training: 'busy', champion: 'accent', replayed: 'ok' },
  ...{ queued: 'wait', waits: 'wait', held: 'wait', waiting: 'wait', paused: 'wait', raised: 'wait', challenger: 'wait' },
};

/** A state in words, with a colour that says the same. */
export const State = ({ of, label = named('state', of) }: { of: string; label?: string }) => (
  <span class={`state ${TONES[of] ?? 'idle'}`}>{label}</span>
);

/** Whether rules were kept, or a gate passed. */
export function Verdict({ passed }: { passed: boolean }) {
  const state = passed ? 'passed' : 'failed';
  return <State of={state} label={named('gate', state)} />;
}

/** `3 min ago`, with the moment itself by the reader's clocks when pointed at. */
export function Ago({ at }: { at: string | null | undefined }) {
  if (!at) return <span class="muted">–</span>;
  return (
    <time dateTime={at} title={timeText(at, language.value)}>
      {agoText(at, now.value, language.value)}
    </time>
  );
}

/** How long something took, or has taken so far. */
export function Took({ from, until }: { from: string | null; until: string | null }) {
  if (from === null) return <span class="muted">–</span>;
  return <span class="number">{durationText((until === null ? now.value : Date.parse(until)) - Date.parse(from), language.value)}</span>;
}

export const Num = ({ of }: { of: number | null | undefined }) =>
  of === null || of === undefined ? <span class="muted">–</span> : <span class="number">{numberText(of, language.value)}</span>;

/** Names beside their values. */
export const Facts = ({ of }: { of: readonly (readonly [string, ComponentChildren])[] }) => (
  <dl class="facts">
    {of.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
);

/** A value of any kind as JSON, to be read. */
export function Json({ of, label }: { of: unknown; label: string }) {
  return (
    <pre class="json" tabIndex={0} role="region" aria-label={label}>
      {JSON.stringify(of, null, 2) ?? t('common.nothing')}
    </pre>
  );
}

/** Where there is nothing yet: what would make something be there. */
export const Empty = ({ title, children }: { title: string } & Children) => (
  <div class="empty">
    <p class="empty-title">{title}</p>
    {children}
  </div>
);

export const Loading = () => (
  <div class="loading" role="status">
    <span class="visually-hidden">{t('common.loading')}</span>
  </div>
);
