import type { ComponentChild } from 'preact';
import type { Lineage, ModelVersionDetail } from '../../../contracts/registry.ts';
import { api } from '../../api/calls.ts';
import { usePoll } from '../../api/usePoll.ts';
import { numberText } from '../../format.ts';
import { Ago, Card, Empty, Facts, Link, Num, Page, State } from '../../parts/basics.tsx';
import { Command } from '../../parts/command.tsx';
import { GateRules, GateState } from './gate.tsx';
import { Pairs } from '../../parts/pairs.tsx';
import { Show } from '../../parts/polled.tsx';
import { RunLink } from '../../parts/runs.tsx';
import { language } from '../../settings.ts';
import { modelPath, runPath } from '../../parts/modelPlaces.ts';
import { named, t } from './words/index.ts';

/** One version: what it was made of, how it did, what the gate said, where it answers. */
export function VersionPage({ name, version }: { name: string; version: string }) {
  const params = { name, version };
  const polled = usePoll(
    async (signal) => {
      const [detail, lineage] = await Promise.all([api.models.version({ params, signal }), api.models.lineage({ params, signal })]);
      return { detail, lineage };
    },
    `${name}/${version}`,
    0,
  );
  return (
    <Page
      title={`${name} · ${t('models.version', { version })}`}
      lead={
        <Link to={modelPath(name)} class="back">
          {t('version.back', { model: name })}
        </Link>
      }
    >
      <Show of={polled}>{(both) => <VersionBody {...both} />}</Show>
    </Page>
  );
}

function VersionBody({ detail, lineage }: { detail: ModelVersionDetail; lineage: Lineage }) {
  const metrics = Object.entries(detail.metrics).sort(([a], [b]) => a.localeCompare(b));
  return (
    <>
      <Card>
        <Facts
          of={[
            [t('models.gate'), <GateState of={detail.gate} />],
            [
              t('models.aliases'),
              detail.aliases.length === 0
                ? '–'
                : detail.aliases.map((alias) => <State key={alias} of={alias} label={named('alias', alias)} />),
            ],
            [t('model.stage'), detail.stage],
            [t('model.made'), <Ago at={detail.created_at} />],
            [t('version.parameters'), lineage.parameters === null ? '–' : numberText(lineage.parameters, language.value)],
            [t('version.origin'), detail.origin === null ? '–' : <RunLink id={detail.origin} />],
          ]}
        />
        {detail.description && <p class="pad">{detail.description}</p>}
        <footer class="card-foot">
          <Command of={['models', 'lineage', detail.name, detail.version]} />
          <a
            class="button small"
            href={api.models.reportPage.url({ params: { name: detail.name, version: detail.version } })}
            target="_blank"
            rel="noreferrer"
          >
            {t('version.report')}
          </a>
        </footer>
      </Card>
      <Card title={t('version.lineage')}>
        <Ancestry detail={detail} lineage={lineage} />
      </Card>
      {detail.gate && (
        <Card title={t('gate.rules')}>
          <GateRules of={detail.gate} />
        </Card>
      )}
      <div class="columns">
        <Card title={t('version.metrics')}>
          {metrics.length === 0 ? (
            <Empty title={t('version.noMetrics')} />
          ) : (
            <Pairs label={t('version.metrics')} of={metrics.map(([metric, value]) => [metric, <Num key={metric} of={value} />] as const)} />
          )}
        </Card>
        <Card title={t('version.params')}>
          <Pairs
            label={t('version.params')}
            of={Object.entries(detail.params).map(
              ([param, value]) =>
                [
                  param,
                  <span key={param} class="break">
                    {value}
                  </span>,
                ] as const,
            )}
          />
        </Card>
      </div>
    </>
  );
}

/** From the data to where it answers, from left to right. */
function Ancestry({ detail, lineage }: { detail: ModelVersionDetail; lineage: Lineage }) {
  const stations: readonly (readonly [string, ComponentChild, ComponentChild])[] = [
    [
      t('lineage.data'),
      lineage.data.sets.join(', ') || '–',
      lineage.data.snapshot_id && <span class="mono">{lineage.data.snapshot_id.slice(0, 12)}</span>,
    ],
    [
      t('lineage.run'),
      lineage.run ? (
        <Link key="run" to={runPath(lineage.run.registry_run_id)}>
          {lineage.run.name}
        </Link>
      ) : (
        '–'
      ),
      lineage.run && [lineage.run.experiment, lineage.run.backend].filter(Boolean).join(' · '),
    ],
    [t('lineage.version'), `${detail.name} ${detail.version}`, <GateState key="gate" of={detail.gate} />],
    [
      t('lineage.champion'),
      lineage.champion.length === 0 ? t('lineage.never') : <Ago at={lineage.champion[0]!.from} />,
      lineage.champion[0]?.reason,
    ],
    [
      t('lineage.routes'),
      lineage.routes
        .filter(({ serves }) => serves)
        .map(({ route }) => route)
        .join(', ') || t('lineage.nowhere'),
      undefined,
    ],
  ];
  return (
    <ol class="ancestry">
      {stations.map(([title, what, more]) => (
        <li key={title}>
          <span class="muted">{title}</span>
          <strong class="break">{what}</strong>
          {more && <span class="row-note break">{more}</span>}
        </li>
      ))}
    </ol>
  );
}
