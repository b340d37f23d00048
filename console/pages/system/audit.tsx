import type { RequestOf } from '../../../client/request.ts';
import type { AuditEntry } from '../../../contracts/audit.ts';
import type { audit } from '../../../contracts/endpoints/audit.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { fieldText, momentOf } from '../../format.ts';
import { Ago, Card, Empty, Json, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { Pager } from '../../parts/pager.tsx';
import { ForRole } from '../../parts/forRole.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { Tabs } from '../../parts/tabs.tsx';
import { query, setQuery } from '../../router.ts';
import { SYSTEM_TABS } from './tabs.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 5_000;
const PAGE = 50;
const KINDS = ['asked', 'changed', 'answered'] as const;
const FILTERS = ['who', 'target', 'kind', 'request', 'since', 'until'] as const;

/** What the address says is the API's to check. */
type AuditQuery = NonNullable<RequestOf<(typeof audit)['list']>['query']>;

/** Who changed what, from what to what. */
export const Audit = () => (
  <Page title={t('system.audit')} lead={t('audit.lead')}>
    <Tabs of={SYSTEM_TABS} say={t} />
    <ForRole least="admin">
      <Log />
    </ForRole>
  </Page>
);

function Log() {
  const chosen = FILTERS.flatMap((name) => {
    const value = query.value.get(name);
    return value === null ? [] : [[name, value] as const];
  });
  const cursor = query.value.get('cursor') ?? undefined;
  const asked = { ...Object.fromEntries(chosen), cursor, limit: PAGE } as AuditQuery;
  const page = usePoll((signal) => api.audit.list({ query: asked, signal }), JSON.stringify(asked), cursor === undefined ? EVERY_MS : 0);
  return (
    <>
      <Filters isFiltered={chosen.length > 0} />
      <Card>
        <Show of={page}>
          {({ entries, next_cursor: next }) => (
            <>
              {entries.length === 0 ? (
                <Empty title={t(chosen.length > 0 ? 'audit.noneFit' : 'audit.none')}>
                  <p>{t('audit.noneNext')}</p>
                </Empty>
              ) : (
                <Entries of={entries} />
              )}
              <footer class="card-foot">
                <Command of={['audit', ...chosen.flatMap(([name, value]) => [`--${name}`, value])]} />
                <Pager cursor={cursor} next={next} newest={t('audit.newest')} older={t('audit.older')} />
              </footer>
            </>
          )}
        </Show>
      </Card>
    </>
  );
}

function Filters({ isFiltered }: { isFiltered: boolean }) {
  const set = (name: (typeof FILTERS)[number]) => (event: { readonly currentTarget: { readonly value: string } }) =>
    setQuery({ [name]: event.currentTarget.value, cursor: undefined });
  const of = (name: (typeof FILTERS)[number]) => query.value.get(name) ?? '';
  return (
    <div class="filters">
      <label>
        {t('audit.who')}
        <input value={of('who')} maxLength={200} onChange={set('who')} />
      </label>
      <label>
        {t('audit.target')}
        <input value={of('target')} maxLength={1_000} placeholder="model_aliases/ials/" onChange={set('target')} />
      </label>
      <label>
        {t('audit.kind')}
        <select value={of('kind')} onChange={set('kind')}>
          <option value="">{t('common.all')}</option>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {named('audited', kind)}
            </option>
          ))}
        </select>
      </label>
      {(['since', 'until'] as const).map((name) => (
        <label key={name}>
          {t(`audit.${name}`)}
          <input
            type="datetime-local"
            step={1}
            value={fieldText(of(name))}
            onChange={(event) => setQuery({ [name]: momentOf(event.currentTarget.value), cursor: undefined })}
          />
        </label>
      ))}
      {isFiltered && (
        <button
          type="button"
          class="quiet"
          onClick={() => setQuery(Object.fromEntries([...FILTERS, 'cursor'].map((name) => [name, undefined])))}
        >
          {t('common.clear')}
        </button>
      )}
    </div>
  );
}

const Entries = ({ of }: { of: readonly AuditEntry[] }) => (
  <Table
    label={t('system.audit')}
    columns={[
      t('audit.when'),
      t('audit.who'),
      { title: t('audit.kind'), class: 'wide' },
      t('audit.what'),
      { title: t('audit.outcome'), class: 'wide' },
    ]}
  >
    {of.map((entry) => (
      <tr key={entry.audit_id}>
        <td class="nowrap">
          <Ago at={entry.happened_at} />
          {entry.request && (
            <p class="row-note">
              <button type="button" class="quiet small" onClick={() => setQuery({ request: entry.request ?? '', cursor: undefined })}>
                {t('audit.request', { request: entry.request })}
              </button>
            </p>
          )}
        </td>
        <td>
          <span class="break">{entry.who}</span>
          {entry.key_id && <p class="row-note mono">{entry.key_id}</p>}
        </td>
        <td class="wide">
          <State of={entry.kind} label={named('audited', entry.kind)} />
        </td>
        <td>
          <span class="mono break">{entry.what}</span>
          <p class="row-note break">{entry.target}</p>
        </td>
        <td class="wide">
          <Outcome of={entry} />
        </td>
      </tr>
    ))}
  </Table>
);

function Outcome({ of: { kind, status, before, after } }: { of: AuditEntry }) {
  if (kind === 'answered') return <span class="number">{status ?? t('audit.hungUp')}</span>;
  if (before === null && after === null) return null;
  return (
    <details class="fold">
      <summary>{t(before === null ? 'audit.made' : after === null ? 'audit.gone' : 'audit.beforeAfter')}</summary>
      {before !== null && <Json of={before} label={t('audit.before')} />}
      {after !== null && <Json of={after} label={t('audit.after')} />}
    </details>
  );
}
