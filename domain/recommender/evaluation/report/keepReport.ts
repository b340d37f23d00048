import type { GateSettings } from '../../../../contracts/gate.ts';
import type { DatasetRef, ModelRef, ReportRef } from '../../../../contracts/training.ts';
import type { ModelSpec } from '../../../../contracts/models.ts';
import type { BlobStore } from '../../../../platform/blobs/store.ts';
import { readVersion } from '../../../../platform/config.ts';
import type { Database } from '../../../../platform/postgres.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { evaluateModel, type ChampionModel } from '../evaluateModel.ts';
import { judge } from '../gate.ts';
import { readEpochs } from '../../training/epochRecords.ts';
import { loadModel, loadSpec, runFolder } from '../../training/modelFiles.ts';
import { readSnapshot } from '../../data/snapshotFiles.ts';
import { baselineOf } from '../baseline.ts';
import { loadChampion } from '../champion.ts';
import type { OnAsked } from '../outcomes.ts';
import { prepareQuestions } from '../questions.ts';
import type { KeptReport } from '../evaluationReport.ts';
import { renderReportPage } from './reportPage.ts';

export interface EvaluationContext {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly tf: Tensorflow;
  readonly signal: AbortSignal;
  readonly onAsked?: OnAsked;
}

export interface Evaluated {
  readonly dataset: DatasetRef;
  readonly model: ModelRef;
  readonly settings: GateSettings;
  /** Whose folder has `report.json` and `report.html`; what a try before left there is written over. */
  readonly workflowId: string;
}

/** Judges a trained model beside popularity and the present champion, and keeps the report as JSON and as a page. */
export async function keepReport(context: EvaluationContext, { dataset, model, settings, workflowId }: Evaluated): Promise<ReportRef> {
  const { blobs, tf, signal, onAsked } = context;
  const { name } = model;
  const questions = prepareQuestions(await readSnapshot(blobs, dataset));
  const baseline = await baselineOf(blobs, dataset, questions, signal);
  const champion = await loadChampion(context, { name, uri: model.uri, dataset, questions });
  const loaded = await loadModel(blobs, { name, uri: model.uri }, tf);
  try {
    const report = await evaluateModel({
      questions,
      name,
      model: loaded,
      baseline,
      champion,
      settings,
      signal,
      ...(onAsked && { onAsked }),
    });
    const verdict = judge({ ...report, bytes: model.bytes }, settings);
    const kept: KeptReport = { ...report, snapshot_id: dataset.snapshot_id, verdict };
    const { kind, metrics, evidence } = report;
    return {
      kind,
      name,
      ...(await writeReport(blobs, kept, { dataset, model, workflowId })),
      metrics,
      baseline: report.baseline,
      evidence,
    };
  } finally {
    loaded.dispose();
    dispose(champion);
  }
}

async function writeReport(blobs: BlobStore, report: KeptReport, { dataset, model, workflowId }: Omit<Evaluated, 'settings'>) {
  const folder = runFolder(workflowId);
  const epochs = await readEpochs(blobs, model.history_uri);
  const about = [
    `hyper-parameters: ${inWords(await loadSpec(blobs, model.uri))}`,
    `learnt from ${dataset.interactions} interactions of ${dataset.users} users with ${dataset.movies} movies${dataset.sets ? `, data sets ${dataset.sets.join(', ')}` : ''}`,
    `run ${workflowId}, ${new Date().toISOString().slice(0, 16)}Z, movie-mlops ${await readVersion()}`,
  ];
  const html_uri = await blobs.put(`${folder}/report.html`, Buffer.from(renderReportPage(report, { ...model, about }, epochs)));
  return { uri: await blobs.put(`${folder}/report.json`, Buffer.from(`${JSON.stringify(report)}\n`)), html_uri };
}

const inWords = (spec: ModelSpec) =>
  Object.entries(spec)
    .map(([name, value]) => `${name} ${typeof value === 'object' ? JSON.stringify(value) : value}`)
    .join(', ');

function dispose(champion: ChampionModel | null): void {
  if (champion && champion.model !== 'same' && !('unanswered' in champion.model)) champion.model.dispose();
}
