import { useEffect, useState } from 'preact/hooks';
import type { ServedRoute } from '../../../contracts/routes.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { say } from '../../parts/action.tsx';
import { Ago, Card, Link, Page } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { AddVariant } from './addVariant.tsx';
import { moveShare, sharesOf } from './shares.ts';
import { RouteFigures } from './routeFigures.tsx';
import { SaveShares } from './saveShares.tsx';
import { SERVING_TABS } from './tabs.ts';
import { t } from './words/index.ts';

const EVERY_MS = 5_000;

/** Which models answer, for whom, how fast and how well. */
export function RoutesPage() {
  const routes = usePoll((signal) => api.routes.list({ signal }), 'routes', EVERY_MS);
  return (
    <Page title={t('serving.routes')} lead={t('routes.lead')}>
      <Tabs of={SERVING_TABS} say={t} />
      <Show of={routes}>{({ routes: all }) => all.map((one) => <RouteCard key={one.route} of={one} onChange={routes.refresh} />)}</Show>
      <RouteFigures />
    </Page>
  );
}

function RouteCard({ of, onChange }: { of: ServedRoute; onChange: () => void }) {
  const { route, revision, variants, shadows } = of;
  const kept = sharesOf(variants.map(({ weight }) => weight));
  const [moved, setMoved] = useState<readonly number[]>();
  const [isAsked, setAsked] = useState(false);
  // Somebody else has changed the route: what was moved here was of another.
  useEffect(() => {
    if (moved) say(t('routes.changed', { route }));
    setMoved(undefined);
  }, [revision]);
  const shares = moved ?? kept;
  const mayMove = may('operator') && variants.length > 1;
  return (
    <Card
      title={route}
      aside={
        <span class="actions">
          {may('operator') && (
            <button type="button" class="small" onClick={() => setQuery({ variant: route })}>
              {t('routes.addVariant')}
            </button>
          )}
          <Link to={`/serving?route=${route}`} class="button small">
            {t('serving.try')}
          </Link>
        </span>
      }
    >
      {variants.length === 1 && <p class="hint pad">{t('routes.one')}</p>}
      {variants.length > 1 && <Split of={variants.map(({ name }, at) => [name, shares[at]!] as const)} />}
      <Table label={route} columns={[t('routes.variant'), t('routes.share'), t('routes.models')]}>
        {variants.map(({ name, models }, at) => (
          <tr key={name}>
            <td class="nowrap">
              <span class={`dot colour-${at % COLOURS}`} /> {name}
            </td>
            <td class="nowrap">
              {mayMove ? (
                <input
                  type="range"
                  min={0}
                  max={100}
                  value={shares[at]}
                  aria-label={t('routes.shareOf', { variant: name })}
                  aria-valuetext={`${shares[at]} %`}
                  onInput={(event) => setMoved(moveShare(shares, at, Number(event.currentTarget.value), kept))}
                />
              ) : (
                <span class="share">
                  <span style={{ width: `${shares[at]}%` }} />
                </span>
              )}{' '}
              <span class="number percent">{shares[at]} %</span>
            </td>
            <td class="mono">{models.join(' → ')}</td>
          </tr>
        ))}
        {shadows.map(({ name, models }) => (
          <tr key={name}>
            <td>{name}</td>
            <td class="muted">{t('routes.shadow')}</td>
            <td class="mono">{models.join(' → ')}</td>
          </tr>
        ))}
      </Table>
      {moved && (
        <p class="actions pad unsaved" role="status">
          {t('routes.moved')}
          <button type="button" class="primary small" onClick={() => setAsked(true)}>
            {t('routes.save')}
          </button>
          <button type="button" class="small" onClick={() => setMoved(undefined)}>
            {t('routes.back')}
          </button>
        </p>
      )}
      {isAsked && moved && (
        <SaveShares
          of={of}
          shares={moved}
          onClose={() => setAsked(false)}
          onDone={() => {
            setAsked(false);
            setMoved(undefined);
            onChange();
          }}
        />
      )}
      {may('operator') && query.value.get('variant') === route && (
        <AddVariant
          key={revision}
          of={of}
          onClose={() => setQuery({ variant: undefined })}
          onDone={() => {
            setQuery({ variant: undefined });
            onChange();
          }}
        />
      )}
      <footer class="card-foot">
        <Command of={['routes', 'history', route]} />
        {of.changed_at && (
          <span class="muted">
            {of.changed_by} · <Ago at={of.changed_at} />
            {of.reason && ` · ${of.reason}`}
          </span>
        )}
      </footer>
    </Card>
  );
}

const COLOURS = 8;

/** The whole, cut as it is shared. */
const Split = ({ of }: { of: readonly (readonly [name: string, share: number])[] }) => (
  <div class="split" aria-hidden="true">
    {of.map(([name, share], at) => (
      <span key={name} class={`colour-${at % COLOURS}`} style={{ width: `${share}%` }} />
    ))}
  </div>
);
