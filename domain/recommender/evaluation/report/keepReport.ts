import type { GateSettings } from '../../../../contracts/gate.ts';
import type { DatasetRef, ModelRef, ReportRef } from '../../../../contracts/training.ts';
import type { BlobStore } from '../../../../platform/blobs.ts';
import type { Database } from '../../../../platform/postgres.ts';
import type { Tensorflow } from '../../../../platform/tensorflow.ts';
import { evaluateModel, type ChampionModel } from '../evaluateModel.ts';
import { judge } from '../gate.ts';
import { readEpochs } from '../../training/epochRecords.ts';
import { loadModel } from '../../training/modelFiles.ts';
import { readSnapshot } from '../../data/snapshotFiles.ts';
import { baselineOf } from '../baseline.ts';
import { loadChampion } from '../champion.ts';
import { prepareQuestions } from '../questions.ts';
import type { KeptReport } from '../evaluationReport.ts';
import { renderReportPage } from './reportPage.ts';

export interface EvaluationContext {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly tf: Tensorflow;
  readonly signal: AbortSignal;
}

export interface Evaluated {
  readonly dataset: DatasetRef;
  readonly model: ModelRef;
  readonly settings: GateSettings;
  /** Blob folder for `report.json` and `report.html`; what a try before left there is written over. */
  readonly folder: string;
}

/** Judges a trained model beside popularity and the present champion, and keeps the report as JSON and as a page. */
export async function keepReport(context: EvaluationContext, { dataset, model, settings, folder }: Evaluated): Promise<ReportRef> {
  const { blobs, tf, signal } = context;
  const { name } = model;
  const questions = prepareQuestions(await readSnapshot(blobs, dataset));
  const baseline = await baselineOf(blobs, dataset, questions, signal);
  const champion = await loadChampion(context, { name, uri: model.uri, dataset, questions });
  const loaded = await loadModel(blobs, { name, uri: model.uri }, tf);
  try {
    const report = await evaluateModel({ questions, name, model: loaded, baseline, champion, settings, signal });
    const verdict = judge({ ...report, bytes: model.bytes }, settings);
    const kept: KeptReport = { ...report, snapshot_id: dataset.snapshot_id, verdict };
    const { kind, metrics, evidence } = report;
    return { kind, name, ...(await writeReport(blobs, folder, kept, model)), metrics, baseline: report.baseline, evidence };
  } finally {
    loaded.dispose();
    dispose(champion);
  }
}

async function writeReport(blobs: BlobStore, folder: string, report: KeptReport, model: ModelRef) {
  const epochs = await readEpochs(blobs, model.history_uri);
  const html_uri = await blobs.put(`${folder}/report.html`, Buffer.from(renderReportPage(report, model, epochs)));
  return { uri: await blobs.put(`${folder}/report.json`, Buffer.from(`${JSON.stringify(report)}\n`)), html_uri };
}

function dispose(champion: ChampionModel | null): void {
  if (champion && champion.model !== 'same' && !('unanswered' in champion.model)) champion.model.dispose();
}
