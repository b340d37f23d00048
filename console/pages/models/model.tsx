import { useState } from 'preact/hooks';
import type { ModelVersion, RegisteredModelDetail } from '../../../contracts/registry.ts';
import { api } from '../../api/calls.ts';
import { may } from '../../api/caller.ts';
import { usePoll } from '../../api/usePoll.ts';
import { Ago, Card, Empty, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { GateState } from './gate.tsx';
import { Promote } from './promote.tsx';
import { Parallel, type Axis, type Thing } from '../../parts/parallel.tsx';
import { Show } from '../../parts/polled.tsx';
import { Table } from '../../parts/table.tsx';
import { looksOf } from '../../compared.ts';
import { query, setQuery } from '../../router.ts';
import { FirstFigure } from './models.tsx';
import { modelPath } from '../../parts/modelPlaces.ts';
import { named, t } from './words/index.ts';

const EVERY_MS = 5_000;

/** A model's versions, what serves, and who changed that. */
export function ModelPage({ name }: { name: string }) {
  const polled = usePoll((signal) => api.models.get({ params: { name }, signal }), name, EVERY_MS);
  const history = usePoll((signal) => api.models.history({ params: { name }, query: { limit: 50 }, signal }), name, EVERY_MS);
  const onChange = () => {
    polled.refresh();
    history.refresh();
  };
  return (
    <Page
      title={name}
      lead={
        <Link to="/models" class="back">
          {t('models.back')}
        </Link>
      }
    >
      <Show of={polled}>
        {(model) => (
          <>
            {model.description && <p class="lead">{model.description}</p>}
            <Versions model={model} onChange={onChange} />
            <Comparison name={name} />
          </>
        )}
      </Show>
      <Card title={t('model.history')}>
        <Show of={history}>
          {({ changes }) =>
            changes.length === 0 ? (
              <Empty title={t('model.noHistory')}>
                <p>{t('model.noHistoryNext')}</p>
              </Empty>
            ) : (
              <ol class="changes">
                {changes.map((change) => (
                  <li key={`${change.at}|${change.version}|${change.alias}`}>
                    <Ago at={change.at} />
                    <span>
                      <strong>{change.alias ?? t('model.stage')}</strong> {change.from ?? '–'} → {change.to ?? '–'}
                      {change.alias === null && <> · {t('models.version', { version: change.version })}</>}
                      <span class="muted"> · {change.by}</span>
                      {change.reason && <p class="row-note">{change.reason}</p>}
                    </span>
                  </li>
                ))}
              </ol>
            )
          }
        </Show>
      </Card>
    </Page>
  );
}

const comparedIn = () => query.value.get('compare')?.split(',').filter(Boolean) ?? [];

function Versions({ model, onChange }: { model: RegisteredModelDetail; onChange: () => void }) {
  const [promoted, setPromoted] = useState<ModelVersion>();
  const compared = comparedIn();
  const toggle = (version: string) => {
    const next = compared.includes(version) ? compared.filter((other) => other !== version) : [...compared, version];
    setQuery({ compare: next.join(',') });
  };
  return (
    <Card title={t('model.versions')} aside={<span class="muted">{t('model.compareHint')}</span>}>
      <Table
        label={t('model.versions')}
        columns={[
          { title: t('model.compare'), isHidden: true },
          t('model.version'),
          t('models.gate'),
          t('models.figure'),
          { title: t('model.made'), class: 'wide' },
          { title: t('common.actions'), isHidden: true },
        ]}
      >
        {model.versions.map((version) => (
          <tr key={version.version}>
            <td>
              <input
                type="checkbox"
                checked={compared.includes(version.version)}
                aria-label={t('model.compareOne', { version: version.version })}
                onChange={() => toggle(version.version)}
              />
            </td>
            <td>
              <Link to={modelPath(model.name, version.version)} class="strong">
                {version.version}
              </Link>{' '}
              {version.aliases.map((alias) => (
                <State key={alias} of={alias} label={named('alias', alias)} />
              ))}
              {version.stage !== 'None' && <p class="row-note">{version.stage}</p>}
            </td>
            <td>
              <GateState of={version.gate} />
            </td>
            <td>
              <FirstFigure of={version} />
            </td>
            <td class="wide nowrap">
              <Ago at={version.created_at} />
            </td>
            <td class="right">
              {may('operator') && !version.aliases.includes('champion') && (
                <button type="button" class="small" onClick={() => setPromoted(version)}>
                  {t(isOlder(version, model) ? 'model.rollBack' : 'model.promote')}
                </button>
              )}
            </td>
          </tr>
        ))}
      </Table>
      <footer class="card-foot">
        <Command of={['models', 'show', model.name]} />
      </footer>
      {promoted && (
        <Promote
          version={promoted}
          isRollBack={isOlder(promoted, model)}
          onClose={() => setPromoted(undefined)}
          onDone={() => {
            setPromoted(undefined);
            onChange();
          }}
        />
      )}
    </Card>
  );
}

const isOlder = ({ version }: ModelVersion, { aliases }: RegisteredModelDetail) => Number(version) < Number(aliases['champion'] ?? 0);

/** The figures of the versions that are ticked, side by side. */
function Comparison({ name }: { name: string }) {
  const versions = comparedIn();
  if (versions.length < 2) return null;
  return <ComparisonOf name={name} versions={versions} />;
}

function ComparisonOf({ name, versions }: { name: string; versions: readonly string[] }) {
  const asked = versions.join(',');
  const polled = usePoll((signal) => api.models.compare({ params: { name }, query: { versions: asked }, signal }), asked, 0);
  return (
    <Card title={t('model.comparison')}>
      <Show of={polled}>
        {({ versions: shown, metrics, same_data: isSame }) => (
          <>
            {isSame === false && <p class="fault-line">{t('model.otherData')}</p>}
            <Table
              label={t('model.comparison')}
              columns={[
                t('model.metric'),
                ...shown.map((version) => ({ title: t('models.version', { version }), class: 'right' as const })),
              ]}
            >
              {metrics.map(({ metric, better, values, best }) => (
                <tr key={metric}>
                  <th scope="row">
                    {metric} {better && <span class="muted">{better === 'higher' ? '↑' : '↓'}</span>}
                  </th>
                  {shown.map((version) => (
                    <td key={version} class={`right ${best === version ? 'best' : ''}`}>
                      <Num of={values[version]} />
                    </td>
                  ))}
                </tr>
              ))}
            </Table>
            {axesOf(metrics, shown).length > 1 && (
              <Parallel axes={axesOf(metrics, shown)} things={thingsOf(shown)} label={t('model.parallel')} />
            )}
            <footer class="card-foot">
              <Command of={['models', 'compare', name, '--versions', asked]} />
            </footer>
          </>
        )}
      </Show>
    </Card>
  );
}

const MOST_AXES = 12;

/** Figures that all of them have, and that tell them apart. */
const axesOf = (metrics: Compared['metrics'], versions: readonly string[]): Axis[] =>
  metrics
    .filter(
      ({ values }) =>
        new Set(versions.map((version) => values[version] ?? null)).size > 1 &&
        versions.every((version) => typeof values[version] === 'number'),
    )
    .slice(0, MOST_AXES)
    .map(({ metric, better, values }) => ({ name: metric, better, values: versions.map((version) => values[version] ?? null) }));
const thingsOf = (versions: readonly string[]): Thing[] => {
  const looks = looksOf(versions.length, undefined);
  return versions.map((version, nth) => ({ key: version, name: version, look: looks[nth]! }));
};
type Compared = Awaited<ReturnType<typeof api.models.compare>>;
